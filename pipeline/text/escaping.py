"""What others wrote, shown such that it stays on its line and says what it holds."""

# Letters and marks that show nothing, which Python counts as printable.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def escaped(text: str) -> str:
    r"""Return a text on one line, with ``\n``, ``\x1b``, ``\u202e`` for what is not seen as itself.

    That is: controls and line ends, marks of direction and of no width, halves of surrogates,
    spaces other than the plain one. What is printable stays as it is.
    """
    if text.isprintable() and BLANK.isdisjoint(text):
        return text
    return "".join(
        c if c.isprintable() and c not in BLANK else c.encode("unicode_escape").decode()
        for c in text
    )


def escaped_lines(text: str, indent: str = "") -> str:
    """Return a text of several lines, each escaped, and indented if it is to be no new entry."""
    return "\n".join(indent + escaped(line) for line in text.split("\n"))
