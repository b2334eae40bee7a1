"""What is in memory of a column that is compared: a number for each value that it has."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.drift.twosample import Counts
from pipeline.tables import numbers
from pipeline.tables.column_kinds import is_number, kind_of, present_pieces
from pipeline.tables.row_digests import of_column

KINDS = ("number", "text", "boolean")  # whose values are compared
Values = NDArray[Any]


@dataclass(frozen=True)
class Held:
    """A column: its kind and type, its rows, how many have a value, and these.

    Numbers are themselves; of a text it is the digest, so that any texts take 8 bytes a row.
    """

    kind: str
    type: str
    rows: int
    there: int
    values: Values


def held_of(column: pa.ChunkedArray) -> Held:
    """Return what is compared of a column; integers and other numbers are one kind."""
    kind, there = "number" if is_number(column.type) else kind_of(column.type), 0
    parts = [np.zeros(0, np.float64 if kind == "number" else np.uint64)]
    for values in present_pieces(column):
        there += len(values)
        if kind in KINDS:
            parts.append(numbers.to_numpy(values) if kind == "number" else of_column(values, ""))
    return Held(kind, str(column.type), len(column), there, np.concatenate(parts))


def value_at(column: pa.ChunkedArray, place: int) -> Any:
    """Return one of the values that are there; numbers as floats."""
    for values in present_pieces(column):
        if place < len(values):
            value = values[place].as_py()
            return float(value) if is_number(values.type) else value
        place -= len(values)
    raise IndexError(place)


def counted(ours: Values, theirs: Values) -> tuple[NDArray[np.int64], tuple[Counts, Counts]]:
    """Count the rows of each value, the values in the order in which they first appear.

    Args:
        ours: (n,) values.
        theirs: (m,) those of the other table.

    Returns:
        (k,) where each value is first, of both tables one behind the other, and how many rows of
        ours and of theirs have it, (k,) each.
    """
    found = [np.unique(v, return_index=True, return_counts=True) for v in (ours, theirs)]
    every = np.union1d(found[0][0], found[1][0])
    firsts = np.full(len(every), len(ours) + len(theirs))
    rows = []
    for (values, places, times), before in zip(found, (0, len(ours)), strict=True):
        at = np.searchsorted(every, values)
        firsts[at] = np.minimum(firsts[at], places + before)
        rows.append(np.zeros(len(every), np.int64))
        rows[-1][at] = times
    order = np.argsort(firsts)
    return firsts[order], (rows[0][order], rows[1][order])
