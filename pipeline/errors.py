"""The one exception a person is meant to read, and how it names what is allowed."""

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """Something the user gave (a key, a file, a table) cannot be used.

    Its text is a single line: what was given, what is allowed, and what to do. It is shown
    without a traceback; any other exception is a bug and keeps its traceback.
    """


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'? `` if a known word is near, then all known words."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + f"choose from: {', '.join(known)}"
