"""What of an address is a secret, told by its structure."""

import re
from collections.abc import Iterator

MASK = "***"
# Names in a query whose values are shown: they say which file it is, or how it is written.
HARMLESS = frozenset(
    [
        "alt",
        "branch",
        "delimiter",
        "download",
        "encoding",
        "format",
        "gid",
        "lang",
        "limit",
        "offset",
        "output",
        "page",
        "per_page",
        "raw",
        "ref",
        "rev",
        "revision",
        "sep",
        "sheet",
        "v",
        "version",
        "versionid",
        "x-id",
    ]
)
WORD = re.compile(r"[\w.-]{0,40}")  # a value that is shown under such a name
# Of an MLflow server's page: no key, and a link that is of no use without it.
PAGE = re.compile(r"/(experiments|models|prompts)(/[\w.-]+)*")
LONG = 20  # characters of a fragment from which on it is taken for a key
# A comma ends a URL if another one follows it, brackets and the like if they are the last.
_BEGIN = r"[a-zA-Z][a-zA-Z0-9+.-]*://"
URL = re.compile(rf"{_BEGIN}(?:(?!,{_BEGIN})[^\s'\"<>])*(?<![\])}},;:.])")
# Up to the last @; after a colon that begins no port even over what belongs into no password.
_USER = re.compile(r"(?<=://)(?:[^/?#:@]*:(?!\d*(?:[/?#]|$)).*|[^/?#]*)(?=@)")
# Of an address that takes messages, as Slack's hooks.slack.com/services/..., the path is a secret.
_HOOK = re.compile(
    r"(?:[a-zA-Z][\w+.-]*://|@)(?:hooks\.[^/]*/|[^/]*webhooks?\.[^/]*/"
    r"|[^/]*/(?:.*?/)??(?:hooks|webhook\w*)/)"
)
_PAIR = re.compile(r"([?&#])([^=&#]*=)?([^&#]*)")
# Of a query that stands without its address.
_BARE = re.compile(r"(?<=[?&])([^\s=&#'\"<>]+=)([^\s&#'\"<>]+(?<![\])},;:.]))")
MARK = re.compile(r"\*{3}\w*")


def parts(url: str) -> Iterator[tuple[str, bool]]:
    """Yield a URL in pieces, each with whether it is a secret.

    Secrets are user and password, each value in query and fragment that is not known to be
    harmless, and the path of a webhook. In ``file://`` all of these may be parts of a name.
    """
    if url.startswith("file://"):
        yield url, False
        return
    place = 0
    if user := _USER.search(url):
        yield url[: user.start()], False
        yield user[0], _is_secret("", user[0])
        place = user.end()
    query = re.compile(r"[?#]|$").search(url, place)
    assert query, "each text has an end"
    middle = url[place : query.start()]
    hook = _HOOK.match(middle)
    path = middle[hook.end() :] if hook else ""
    yield middle.removesuffix(path) if path else middle, False
    yield path, _is_secret("", path)
    for sign, name, value in _PAIR.findall(url[query.start() :]):
        yield sign + name, False
        is_key = sign != "#" or bool(name) or (len(value) >= LONG and not PAGE.fullmatch(value))
        yield value, _is_secret(name, value) and is_key


def _is_secret(name: str, value: str) -> bool:
    harmless = name.rstrip("=").lower() in HARMLESS and WORD.fullmatch(value)
    return not (harmless or not value or MARK.fullmatch(value))


def masked_url(url: str, mark: str = MASK) -> str:
    """Return a URL with its secrets replaced by a mark."""
    return "".join(mark if secret else text for text, secret in parts(url))


def masked_addresses(text: str) -> str:
    """Return a text with the secrets of its URLs, and of queries that stand alone, masked."""
    if "://" in text:
        text = URL.sub(lambda found: masked_url(found[0]), text)
    return _BARE.sub(lambda found: found[1] + _shown(found[1], found[2]), text)


def _shown(name: str, value: str) -> str:
    return MASK if _is_secret(name, value) else value
