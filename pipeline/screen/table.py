"""Small tables for people, whole at any width; imports nothing that takes time."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import combining, east_asian_width

from pipeline.screen import terminal
from pipeline.text.escaping import escaped

Cell = Sequence[str]  # its parts, of which each stays on one line
Row = Sequence[Cell]
GAP = "  "
STEPS = ("step", "status", "seconds", "rows in → out", "key metrics", "artifacts")
VERSION = re.compile(r":v\d+,?$")


def show(titles: Sequence[str], rows: Sequence[Row]) -> None:
    """Print a table on a terminal, a line for each row elsewhere."""
    out = sys.stdout
    clean = [[terminal.written(map(escaped, cell), out) for cell in row] for row in rows]
    if not clean:
        return
    if terminal.is_terminal(out):
        titles = terminal.written(titles, out)
        texts = lines(titles, clean, terminal.width(out))
    else:
        texts = (" · ".join(" ".join(cell) for cell in row if any(cell)) for row in clean)
    print("\n".join(texts))


def show_steps(rows: Sequence[Row], in_steps: float = 0) -> None:
    """Print what each step did (rows of STEPS), and how long all has taken.

    Args:
        rows: of steps, in their order.
        in_steps: the seconds of those that ran.
    """
    cached = sum(row[1] == ["cached"] for row in rows)
    status, inside = [f"{cached} cached"] * bool(cached), [f"{in_steps:.1f} s in the steps"]
    total = [["total"], status, [f"{terminal.seconds():.1f} s"], [], inside * bool(in_steps), []]
    show(STEPS, [*rows, total] if rows else [])


def parts(items: Iterable[str]) -> list[str]:
    """Return the parts of a cell that lists some items."""
    first = list(items)
    return [f"{item}," for item in first[:-1]] + first[-1:]


def lines(titles: Sequence[str], rows: Sequence[Row], width: int) -> Iterator[str]:
    """Yield the lines of a table: its first columns side by side as far as there is room for them.

    What is in the others follows below, on lines of its own for each cell. A part that is longer
    than a line loses its middle, and never the version at its end.
    """
    texts = [list(titles), *([" ".join(cell) for cell in row] for row in rows)]
    sizes = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    beside = max(_fitting(sizes, width), 1)
    for number, (cells, row) in enumerate(zip(texts, [[[t] for t in titles], *rows], strict=True)):
        first = map(_padded, cells[:beside], sizes)
        yield _cut(GAP.join(first).rstrip(), width)
        below = row[beside:] if number else [parts(filter(None, titles[beside:]))]
        for cell in below:
            yield from (GAP + line for line in _filled(cell, width - len(GAP)))
        if number == 0:
            yield "─" * min(width, max(sum(sizes) + len(GAP) * (len(sizes) - 1), 20))


def _fitting(sizes: Sequence[int], width: int) -> int:
    """Return how many of the first columns have room side by side."""
    return sum(sum(sizes[:n]) + len(GAP) * (n - 1) <= width for n in range(1, len(sizes) + 1))


def _padded(text: str, size: int) -> str:
    space = " " * (size - _width(text))
    return space + text if text.endswith(" s") else text + space  # seconds to the right


def _filled(cell: Cell, width: int) -> Iterator[str]:
    """Yield the lines of a cell; a new one begins between two parts."""
    line = ""
    for part in cell:
        longer = f"{line} {part}" if line else part
        if line and _width(longer) > width:
            yield line
            longer = part
        line = _cut(longer, width)
    if line:
        yield line


def _cut(text: str, width: int) -> str:
    """Return a text of a width at most; what is longer loses its middle."""
    version = VERSION.search(text)
    least = len(version[0]) if version else 0
    end = text[-max(least, width // 2) :]
    start = text[: -len(end)]
    while start and _width(start) + 1 + _width(end) > width:
        start = start[:-1]
    return text if _width(text) <= width else f"{start}…{end}"


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)
