"""What the columns of a table look like."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.tables.numbers import to_numpy

BINS = 20
FEW = 400  # values below which a histogram shows them all
LONGEST = 100  # characters of a value
CLIPPED = (0.005, 0.995)  # quantiles between which a histogram shows the values


@dataclass(frozen=True)
class Column:
    """A column: its type, share of missing values, distinct values, and what kind says more.

    Numbers have least, median, most and heights (the histogram, the highest bar 1, between the
    bounds `edges`); others have their most frequent value and its share.
    """

    name: str
    type: str
    missing: float
    distinct: int
    least: float | None = None
    median: float | None = None
    most: float | None = None
    heights: tuple[float, ...] = ()
    edges: tuple[float, float] | None = None
    top: str | None = None
    top_share: float | None = None


@dataclass(frozen=True)
class Profile:
    """A table: its reference, its rows, its columns."""

    table: str
    rows: int
    columns: tuple[Column, ...]


def profile(table: pa.Table, reference: str) -> Profile:
    """Describe a table of plain values."""
    columns = tuple(_column(name, table[name]) for name in table.column_names)
    return Profile(reference, table.num_rows, columns)


def _column(name: str, values: pa.ChunkedArray) -> Column:
    distinct = 0
    if not pa.types.is_null(values.type):
        distinct = int(pc.count_distinct(values, mode="only_valid").as_py())
    missing = values.null_count / max(len(values), 1)
    column = Column(name, str(values.type), missing, distinct)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return column if values.null_count == len(values) else _with_numbers(column, values)
    return _with_top(column, values) if distinct else column


def _with_numbers(column: Column, values: pa.ChunkedArray) -> Column:
    raw = to_numpy(values)
    finite = raw[np.isfinite(raw)]
    if not len(finite):
        return column
    least, median, most = (float(number) for number in np.quantile(finite, [0, 0.5, 1]))
    column = replace(column, least=least, median=median, most=most)
    first, last = np.quantile(finite, CLIPPED) if len(finite) >= FEW else (least, most)
    if last <= first:
        return column
    counts, _ = np.histogram(finite, BINS, (first, last))
    heights = tuple(float(n) for n in counts / counts.max())
    return replace(column, heights=heights, edges=(float(first), float(last)))


def _with_top(column: Column, values: pa.ChunkedArray) -> Column:
    counts = pc.value_counts(values.drop_null())
    most = int(np.argmax(counts.field("counts").to_numpy()))
    share = counts.field("counts")[most].as_py() / len(values)
    top = str(counts.field("values")[most].as_py())
    top = top if len(top) <= LONGEST else f"{top[:LONGEST]}..."
    return replace(column, top=top, top_share=share)
