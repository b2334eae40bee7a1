"""Marks in numbers, spellings of missing values, dates and the header, guessed from some rows."""

import re
from collections.abc import Iterable, Sequence
from itertools import product

from pipeline.tables.reading import forms, texts
from pipeline.tables.reading.dialect import MISSING

# What else people write for "missing": taken so where all other values are numbers or dates.
SPELLINGS = (
    *("?", "-", "--", ".", "..", "...", "*", "n.a.", "N.A.", "na", "Na", "none", "NONE", "nil"),
    *("unknown", "Unknown", "UNKNOWN", "missing", "Missing", "MISSING", "(null)", "\\N", "#REF!"),
    *(
        "#DIV/0!",
        "#VALUE!",
        "#NUM!",
        "#NAME?",
        "k.A.",
        "keine Angabe",
        "not available",
        "nd",
        "ND",
        "NaT",
    ),
)
THOUSANDS = {".": (",", " ", "'"), ",": (".", " ", "'")}  # by decimal mark
PLAIN = {
    mark: re.compile(rf"\s*[-+]?(\d+(\{mark}\d*)?|\{mark}\d+|inf|infinity)(e[-+]?\d+)?\s*", re.I)
    for mark in ".,"
}
GROUPS = {mark: re.compile(rf"\s*[-+]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+\s*") for mark in ".,"}
ISO = re.compile(r"\s*\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:?\d\d)?)?\s*")
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DAYS = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y",
        "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y",
        "%d %B %Y", "%B %d, %Y")  # fmt: skip
LAYOUTS = tuple(map("".join, product(DAYS, TIMES)))
Columns = Sequence[Sequence[str]]


def present(column: Iterable[str], missing: Iterable[str] = ()) -> list[str]:
    """Return the cells that surely are values."""
    left_out = {*MISSING, *SPELLINGS, *missing}
    return [cell for cell in column if cell.strip() not in left_out]


def are_plain(cells: Iterable[str], decimal: str) -> bool:
    """Say whether all are numbers without marks between thousands."""
    return all(map(PLAIN[decimal].fullmatch, cells))


def decimal_mark(columns: Columns, separator: str) -> str:
    """Return the decimal mark of the numbers; a comma only if nothing speaks for a point."""
    commas = points = 0
    for cells in columns:
        for mark, other in ((",", "."), (".", ",")):
            marked = [cell for cell in cells if mark in cell]
            grouped = all(map(GROUPS[mark].fullmatch, marked))  # perhaps thousands
            between = rf"(?<=\d)[\{other} \u00a0\u202f'](?=\d\d\d)"
            bare = [re.sub(between, "", cell) for cell in cells]
            if (
                marked
                and are_plain(bare, mark)
                and not (grouped and (mark, separator) != (",", ";"))
            ):
                commas, points = commas + (mark == ","), points + (mark == ".")
        several = any(cell.count(".") > 1 for cell in cells)  # only thousands have several
        if several and forms.numbers(".", ",")[0].fits(texts.column(cells)):
            commas += 1
    return "," if commas and not points else "."


def thousands_mark(columns: Columns, decimal: str) -> str:
    """Return the mark between thousands; nothing if no column has one."""
    for mark in THOUSANDS[decimal]:
        for cells in columns:
            if any(map(re.compile(rf"\d{forms.mark(mark)}\d").search, cells)):
                number = forms.numbers(mark, decimal)[1]
                if number.fits(texts.column(cells)):
                    return mark
    return ""


def layouts_of(cells: Sequence[str], known: Sequence[str] = ()) -> list[str]:
    """Return how the dates of a column are written, as strptime has it; several: nobody knows.

    Args:
        cells: its values, at least one.
        known: how they may be; else as people usually write.
    """
    if not known and (ISO.fullmatch(cells[0]) or not any(map(str.isdigit, cells[0]))):
        return []
    dates = {layout: forms.date(layout) for layout in known} or DATES
    likely = [x for x in dates if re.fullmatch(dates[x].pattern, cells[0].strip())]
    found = [layout for layout in likely if dates[layout].fits(texts.column(cells))]
    short = [c for c in cells if re.fullmatch(r"\d\.\d+\.\d\d|\d+\.\d\.\d\d", c.strip())]
    return found if known or not short else []  # 1.2.20 may be a version


DATES = {layout: forms.date(layout) for layout in LAYOUTS}


def spellings(columns: Columns, decimal: str, thousands: str) -> list[str]:
    """Return what means "missing" between numbers and dates, in order of SPELLINGS."""
    found = set()
    for cells in columns:
        odd, values = {c.strip() for c in cells} & {*SPELLINGS}, present(cells)
        if odd and values and is_data(values, decimal, thousands):
            found |= odd
    return [word for word in SPELLINGS if word in found]


def is_data(values: Sequence[str], decimal: str, thousands: str) -> bool:
    """Say whether all values of a column are numbers, or all dates."""
    if are_plain(values, decimal) or all(map(ISO.fullmatch, values)):
        return True
    grouped = thousands and forms.numbers(thousands, decimal)[1].fits(texts.column(values))
    return bool(grouped or layouts_of(values))


def has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Say whether the first row has names; only if it surely has none, it does not.

    There is none if each column of numbers begins with one, and one of these is no whole number
    that could be a year or an index, or another cell of the row is found again below it.
    """
    first, rest = rows[0], rows[1:]
    if not rest:
        return True
    columns = [present(column) for column in zip(*rest, strict=False)]
    numeric = [bool(cells) and are_plain(cells, decimal) for cells in columns]
    own = [cell for cell, number in zip(first, numeric, strict=False) if number]
    if not own or not are_plain(own, decimal):
        return True
    again = [c in cells for c, cells, n in zip(first, columns, numeric, strict=False) if not n]
    whole = all(re.fullmatch(r"\s*\d+\s*", cell) for cell in own)
    counted = whole and len(own) > 1 and [int(x) - int(own[0]) for x in own] == [*range(len(own))]
    surely = not whole or any(again) or (len(own) == len(first) and not counted)
    return len(first) == 1 or not surely
