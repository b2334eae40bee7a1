"""Secrets kept out of all that is written, and put back where they are used.

A process knows the secrets that it was given (`hidden` notes them) and hands them to those that it
starts (pipeline/context.py), never to a file.
"""

import json
import re
from collections.abc import Mapping
from typing import TypeVar, cast
from urllib.parse import quote, unquote

from pipeline.text.addresses import MARK, MASK, URL, masked_addresses, parts

SHORTEST = 8  # characters of a secret that is looked for as such, without the URL around it
SECRET = (
    r"(?:api|access|secret|private|account)[-_]?key|token(?!iz|_pattern)|secret|passw|credential"
    r"|authorization|webhook"
)
_NAME = re.compile(SECRET, re.IGNORECASE)
_ASSIGNED = re.compile(rf"([\w.-]*(?:{SECRET})[\w-]*)(\s*[=:]\s*)([^\s,;&]+)", re.IGNORECASE)
# The same within a list or mapping of Hydra's, `[{webhook: https://...}]`.
_INSIDE = re.compile(
    rf"(?i)((?<=[{{,])\s*([\w-]*(?:{SECRET})[\w-]*)\s*:\s*)(?!\$)"
    r"(\"[^\"]+\"|'[^']+'|[^\s,{}\[\]'\"]+)"
)

T = TypeVar("T")
_known: dict[str, str] = {}  # masked beginning of an address → the real one
_secrets: set[str] = set()  # as such, in each way that they are written


def masked(value: T) -> T:
    """Return plain data (mappings, lists, texts, numbers) with the secrets in it masked.

    Masked are what masked_text masks; in a text what is assigned to a name like ``token``; in a
    mapping the texts under such a name. Keys stay as they are, but for URLs in them.
    """
    return cast(T, _masked(value))


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {
            _assigned(name) if isinstance(name, str) else name: (
                MASK if _is_named(name, held) else _masked(held)
            )
            for name, held in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(held) for held in value]
    return _assigned(value) if isinstance(value, str) else value


def masked_text(text: str) -> str:
    """Return a text for people with what is secret in its addresses, and all known ones, masked."""
    text = masked_addresses(text)
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def hidden(value: T) -> T:
    """Return plain data with its secrets masked, noted such that `revealed` can put them back."""
    return cast(T, _hidden(value))


def _hidden(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: _named(name, held) if _is_named(name, held) else _hidden(held)
            for name, held in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hidden(held) for held in value]
    return URL.sub(lambda found: _hidden_url(found[0]), value) if isinstance(value, str) else value


def hidden_override(token: str) -> str:
    """Return ``key=value``, as Hydra takes it, with its secrets masked as `hidden` does."""
    key, equals, value = token.partition("=")
    bare, name = value.strip("'\""), key.rpartition(".")[2]
    is_text = not re.fullmatch(r"[\[{].*|null|true|false|[-\d.e]*", value)
    if is_text and "." in key and _is_named(name, bare):
        return f"{key}='{_named(name, bare)}'"
    return f"{key}{equals}{hidden(_INSIDE.sub(_hidden_inside, value))}"


def _hidden_inside(found: re.Match[str]) -> str:
    bare = found[3].strip("'\"")
    shown = _named(found[2], bare) if _is_named(found[2], bare) else bare
    return found[1] + found[3].replace(bare, shown)


def revealed(value: T) -> T:
    """Return plain data with the secrets that this process knows in their places."""
    return cast(T, _revealed(value))


def _revealed(value: object) -> object:
    if isinstance(value, dict):
        return {name: _revealed(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_revealed(held) for held in value]
    if isinstance(value, str) and MASK in value:
        for mask in sorted(_known, key=len, reverse=True):
            value = re.sub(re.escape(mask) + r"(?![\w.:-])", lambda _: _known[mask], value)  # noqa: B023
    return value


def lacks_secret(value: object) -> bool:
    """Whether a text is an address, or a secret, that was masked: it says no more what it was.

    One that only tells of an address still says it.
    """
    if not isinstance(value, str):
        return False
    pieces = parts(value) if URL.fullmatch(value) else [(value, False)]
    return any(MARK.fullmatch(text) for text, _ in pieces)


def handed_on() -> str:
    """Return what is known, for a process that is started; empty if that is nothing."""
    return json.dumps(_known) if _known else ""


def take(handed: str, variables: Mapping[str, str]) -> None:
    """Know what the process that started this one knows, and the secrets of the environment.

    Args:
        handed: as `handed_on` gave it; may be empty.
        variables: the environment.
    """
    for mask, real in json.loads(handed or "{}").items():
        _note(mask, real)
    for name, value in variables.items():
        if name.startswith("PIPELINE_"):
            continue  # what was handed on, as a whole
        if _NAME.search(name) and not value.startswith("/"):
            _look_for(value)
        for url in URL.findall(value):
            _look_for(*_pieces(url))


def _hidden_url(url: str) -> str:
    """Return a masked URL; another one with other secrets that looks the same has another mask."""
    pieces = list(parts(url))
    last = max((n for n, (_, secret) in enumerate(pieces) if secret), default=-1)
    mark, number = MASK, 1
    while last >= 0:
        real = "".join(text for text, _ in pieces[: last + 1])
        mask = "".join(mark if secret else text for text, secret in pieces[: last + 1])
        rest = "".join(text for text, _ in pieces[last + 1 :])
        host = re.match(r"(@[^/?#\]},)]*)?", rest)
        assert host, "it matches nothing at least"
        if _known.get(mask + host[0], real + host[0]) == real + host[0]:
            return _note(mask + host[0], real + host[0]) + rest[host.end() :]
        number += 1
        mark = f"{MASK}{number}"
    return url


def _named(name: object, real: str) -> str:
    """Return the mask of a text that is called like a secret; of another text it is another one."""
    mask, number = f"{MASK}{name}", 1
    while _known.get(mask, real) != real:
        number += 1
        mask = f"{MASK}{name}{number}"
    return _note(mask, real)


def _note(mask: str, real: str) -> str:
    """Note what a mask stands for; return the mask."""
    _known[mask] = real
    _look_for(*_pieces(real), *([] if "://" in mask else [real]))  # of some only pieces are secret
    return mask


def _pieces(url: str) -> list[str]:
    """Return the secrets of a URL, of user:password the password too."""
    found = [text for text, secret in parts(url) if secret]
    return found + [text.partition(":")[2] for text in found]


def _look_for(*secrets: str) -> None:
    for secret in secrets:
        ways = (secret, unquote(secret), quote(secret, safe=""), quote(secret))
        _secrets.update(way for way in ways if len(way) >= SHORTEST)


def _is_named(name: object, held: object) -> bool:
    """Whether a text that is not drawn from elsewhere stands under the name of a secret."""
    is_text = isinstance(held, str) and held and "${" not in held and not MARK.fullmatch(held)
    return bool(is_text and _NAME.search(str(name)))


def _assigned(text: str) -> str:
    text = masked_text(text)
    return _ASSIGNED.sub(rf"\1\2{MASK}", text) if _NAME.search(text) else text
