"""Secrets masked in what a page shows: in URLs, and in values whose name says what they are."""

import re
from typing import Any

MASK = "***"
SECRET = (
    r"(?:api|access|secret|private|account)[-_]?key|token(?!iz|_pattern)|secret|passw|credential"
    r"|authorization"
)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]+")
_USER = re.compile(r"(://)[^/?#]*@")
_PAIR = re.compile(r"([?&;#])([^=&;#]+)=([^&;#]*)")
_NAME = re.compile(SECRET, re.IGNORECASE)
_QUERY_NAME = re.compile(
    rf"{SECRET}|signature|^(?:sig|key|code|sas|pwd|auth)$|keyid", re.IGNORECASE
)
_ASSIGNED = re.compile(rf"([\w.-]*(?:{SECRET})[\w-]*)(\s*[=:]\s*)([^\s,;&]+)", re.IGNORECASE)
LONG = 20  # characters of a value in a query string from which on it is taken for a key


def masked(value: Any) -> Any:
    """Return plain data (mappings, lists, texts, numbers) with the secrets in it masked.

    Masked are, in URLs, user and password, and values of the query that are long or whose name is
    that of a secret; in a text, what is assigned to such a name (``token=...``); in a mapping, the
    texts under such a name. Keys stay as they are, but for URLs in them.
    """
    if isinstance(value, dict):
        return {
            _text(name) if isinstance(name, str) else name: (
                MASK if isinstance(held, str) and held and _NAME.search(str(name)) else masked(held)
            )
            for name, held in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(held) for held in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    if "://" in text:
        text = _URL.sub(lambda found: _url(found[0]), text)
    return _ASSIGNED.sub(rf"\1\2{MASK}", text) if _NAME.search(text) else text


def _url(url: str) -> str:
    return _PAIR.sub(_pair, _USER.sub(rf"\1{MASK}@", url))


def _pair(found: re.Match[str]) -> str:
    mark, name, value = found.groups()
    secret = value and (len(value) >= LONG or _QUERY_NAME.search(name))
    return f"{mark}{name}={MASK if secret else value}"
