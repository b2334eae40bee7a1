"""The one exception a person is meant to read."""


class InputError(Exception):
    """Something the user gave (a key, a file, a table) cannot be used.

    Its text is a single line: what was given, what is allowed, and what to do. It is shown
    without a traceback; any other exception is a bug and keeps its traceback.
    """
