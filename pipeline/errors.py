"""The one exception a person is meant to read, and how it names what is allowed."""

import difflib
from collections.abc import Iterable

from pipeline.text.escaping import escaped
from pipeline.text.masking import masked_text


class InputError(Exception):
    """Something the user gave (a key, a file, a table) cannot be used.

    Its text is a single line: what was given, what is allowed, and what to do. It is shown
    without a traceback; any other exception is a bug. Secrets in it are masked, and what is not
    printable in the names that it quotes is escaped.
    """

    def __str__(self) -> str:
        """Return the line."""
        return escaped(masked_text(super().__str__()))


def check_names(key: str, names: Iterable[object], allowed: Iterable[str]) -> None:
    """Refuse the first name that is not allowed.

    Raises:
        InputError: names the key with its path, the nearest name and all of them.
    """
    choices = list(allowed)
    for name in names:
        if name not in choices:
            raise InputError(f"unknown key {inside(key, name)}: {did_you_mean(str(name), choices)}")


def inside(key: str, name: object) -> str:
    """Return the path of a name in a mapping, on one line."""
    word = str(name) if str(name).isprintable() else repr(name)
    return f"{key}.{word}" if key else word


def near(word: str, choices: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` if one of the choices is near the word, else nothing."""
    nearest = difflib.get_close_matches(word, list(choices), n=1)
    return f"did you mean {nearest[0]!r}?" if nearest else ""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` if one of the choices is near, then all of them."""
    choices = list(choices)
    return f"{near(word, choices)} choose from: {', '.join(choices)}".strip()
