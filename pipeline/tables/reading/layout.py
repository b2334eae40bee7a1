"""Separator, quotes, comments and lines before the header, guessed from the first lines of a text.

The measure is that of clevercsv: a table's rows have equally many fields, and its fields look clean
(van den Burg, Nazábal, Sutton: Wrangling messy CSV files by detecting row and type patterns, 2019).
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 200  # rows
SURE = 10  # rows, of which the last is not counted
PREAMBLE = 30  # lines before the header, at most
MARKS = ("#", "%", "//")  # before comments
FULL = 0.9  # share of rows of one width, from which on a text is a table
ESCAPED = re.compile(r'\\"[^,;\t|"]')  # a folder's name may end so, where a field does
WRAPPED = re.compile("'[^']*'")

Rows = list[list[str]]


@dataclass(frozen=True)
class Layout:
    """How lines are divided: see Dialect; `score` is 1 for a clean table, 0 for none."""

    separator: str = ","
    quote: str = '"'
    escape: str = ""
    score: float = 0.0
    width: int = 1


def rows_of(lines: Iterable[str], layout: Layout, most: int | None = None) -> Rows:
    """Return the rows, of which the last may be cut off; empty lines are none.

    They end before one whose field is longer than Python's csv takes.
    """
    if layout.separator == " ":
        lines, layout = map(_with_tabs, lines), TABS
    reader = csv.reader(
        (line + "\n" for line in lines),
        delimiter=layout.separator,
        quotechar=layout.quote or None,
        escapechar=layout.escape or None,
        doublequote=not layout.escape,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
    )
    rows = []
    with suppress(csv.Error):
        for row in islice(filter(None, reader), most):
            rows.append(row)
    return rows


def _with_tabs(line: str) -> str:
    """Return a line with a tab in place of blanks outside of quotes."""
    parts = line.strip(" \t").split('"')
    parts[::2] = [re.sub("[ \t]+", "\t", part) for part in parts[::2]]
    return '"'.join(parts)


TABS = Layout("\t")


def layout_of(
    lines: Sequence[str], fixed: str | None, quote: str | None, escape: str | None, blanks: bool
) -> Layout:
    """Return the likeliest layout of lines.

    Args:
        lines: without comments.
        fixed: the separator, if it is known.
        quote: the quotation mark, if it is known; "": none.
        escape: what stands before one within a field, if it is known; "": it is doubled.
        blanks: whether blanks may be the separator.
    """
    separators = [fixed] if fixed else [s for s in SEPARATORS if any(s in x for x in lines[:50])]
    styles = [('"', "\\" if any(map(ESCAPED.search, lines[:LOOKED_AT])) else "")]
    styles += [("'", "")] if _wraps(lines) else []
    if quote is not None or escape is not None:
        styles = [('"' if quote is None else quote, escape or "")]
    found = [_scored(lines, Layout(s, *style)) for s in separators or [","] for style in styles]
    best = max(found, key=lambda layout: layout.score)  # the first of equal ones
    if blanks and not fixed:
        by_blanks = _scored(lines, Layout(" "))
        runs = sum("  " in line for line in lines[:LOOKED_AT]) > len(lines[:LOOKED_AT]) / 2
        if by_blanks.score > FULL and (
            best.score < FULL or (runs and by_blanks.width > best.width)
        ):
            best = by_blanks
    return best if best.score or fixed else replace(best, separator=",")


def _scored(lines: Sequence[str], layout: Layout) -> Layout:
    rows = rows_of(lines, layout, LOOKED_AT)
    if len(rows) > SURE:
        rows.pop()  # it may be cut off
    widths = Counter(map(len, rows))
    if not widths or max(widths) < 2:
        return layout
    width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    if width < 2:
        return layout
    cells = [cell for row in rows[:50] if len(row) == width for cell in row]
    others = [s for s in SEPARATORS[1:] if s != layout.separator]
    dirty = sum(any(s in cell for s in others) or _is_torn(cell) for cell in cells)
    clean = 1 - dirty / len(cells)
    return replace(layout, score=count / len(rows) * (0.5 + 0.5 * clean), width=width)


def _is_torn(cell: str) -> bool:
    """Say whether a field still has a quotation mark on one side, or a single one on both."""
    return '"' in (cell[:1], cell[-1:]) or bool(WRAPPED.fullmatch(cell.strip()))


def _wraps(lines: Sequence[str]) -> bool:
    """Say whether single quotes stand around fields."""
    return sum(bool(re.search(r"(^|[,;\t|])'[^']*'([,;\t|]|$)", x)) for x in lines[:50]) > 1


def comment_mark(lines: Sequence[str]) -> str:
    """Return what comments in these lines begin with; nothing if there are none.

    A line that begins so but has as many fields as the rows is one of them, or the header.
    """
    for mark in MARKS:
        marked = [line for line in lines if line.startswith(mark)]
        others = [line for line in lines if line.strip() and not line.startswith(mark)]
        if not marked or not others:
            continue
        separator = max(SEPARATORS, key=others[0].count)
        (width, _), *_ = Counter(line.count(separator) for line in others).most_common(1)
        if not any(line.count(separator) == width for line in marked):
            return mark
    return ""


def named_separator(lines: Sequence[str]) -> str | None:
    """Return the separator that the first line says, as Excel writes it: sep=; alone in a line."""
    found = re.fullmatch(r"sep=(.)", lines[0].strip('"')) if lines else None
    return found[1] if found else None


def preamble(lines: Sequence[str], layout: Layout) -> int:
    """Return how many lines stand before the table: such that lack two fields or more, or half."""
    for number, line in enumerate(lines[:PREAMBLE] if layout.score else ()):
        width = max(map(len, rows_of([line], replace(layout, quote=""))), default=0)
        if width > max(layout.width / 2, layout.width - 2):
            return number if width >= layout.width else 0
    return 0
