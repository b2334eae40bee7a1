"""The latest rows are the second part."""

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.splits.keys import Rows
from pipeline.tables import numbers

DAY = datetime.timedelta(days=1) // datetime.timedelta(microseconds=1)


def times_of(piece: pa.Table, name: str) -> NDArray[np.float64]:
    """Return the time of each row: days of dates and timestamps, else the column's own unit.

    Raises:
        InputError: a missing value, or a column that holds no numbers, dates or timestamps.
    """
    times = moments_of(piece, name)
    if missing := int(np.isnan(times).sum()):
        raise InputError(
            f"time_column: {missing:,} rows have no {name!r}; drop them with "
            f"data.preprocess.drop_missing=[{name}], or give data.preprocess.fill.{name} a value"
        )
    return times


def moments_of(piece: pa.Table, name: str) -> NDArray[np.float64]:
    """Return the same with NaN where the time is missing."""
    column, kind = piece[name], piece[name].type
    if pt.is_date(kind) or pt.is_timestamp(kind):
        return numbers.to_numpy(column.cast(pa.timestamp("us")).cast(pa.int64())) / DAY
    if pt.is_integer(kind) or pt.is_floating(kind):
        return numbers.to_numpy(column)
    raise InputError(
        f"time_column: {name!r} is {kind}; it must hold numbers, dates or timestamps: "
        f"data.preprocess.dates.{name} makes dates of texts"
    )


def by_time(times: NDArray[np.float64], column: str, second: int, gap: float) -> Rows:
    """Give the latest rows to the second part, rows of one moment to one part; in order of time.

    Args:
        times: (rows,)
        column: their name.
        second: number of rows that the second part should have.
        gap: rows of the first part that are nearer than this to the second are in neither; in the
            unit of the times.

    Raises:
        InputError: nothing is left of a part.
    """
    order = np.argsort(times, kind="stable")
    border = times[order[len(order) - second]]
    first_rows = order[times[order] < border - gap]
    second_rows = order[times[order] >= border]
    if not len(first_rows):
        raise InputError(
            f"time_column {column!r}: no row is more than the gap of {gap:g} before the "
            f"{len(second_rows):,} of the second part; take a smaller gap or size"
        )
    return first_rows, second_rows


def blocks_of(times: NDArray[np.float64], number: int) -> NDArray[np.intp]:
    """Divide rows by time into blocks that are as near to equal as their times let them.

    Args:
        times: (rows,) with as many different ones as there are blocks, or more.
        number: of blocks.

    Returns:
        (rows,) the number of each row's block, the earliest 0; rows of one moment are in one block.
    """
    moments, moment, rows = np.unique(times, return_inverse=True, return_counts=True)
    before, starts = np.cumsum(rows) - rows, [0]
    for block in range(1, number):
        nearest = int(np.searchsorted(before, len(times) * block / number))
        last = len(moments) - (number - block)  # each block after it has a moment left
        starts.append(min(max(nearest, starts[-1] + 1), last))
    blocks: NDArray[np.intp] = np.searchsorted(starts, moment, side="right") - 1
    return blocks
