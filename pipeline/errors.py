"""The one exception a person is meant to read, and how it names what is allowed."""

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """Something the user gave (a key, a file, a table) cannot be used.

    Its text is a single line: what was given, what is allowed, and what to do. It is shown
    without a traceback; any other exception is a bug and keeps its traceback.
    """


def check_names(key: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse the first name in `given` that is not known.

    Raises:
        InputError: names the key, the nearest known name and all of them.
    """
    names = list(known)
    for name in given:
        if name not in names:
            raise InputError(f"unknown key {key}.{name}: {did_you_mean(name, names)}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'? `` if a known word is near, then all known words."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + f"choose from: {', '.join(known)}"
