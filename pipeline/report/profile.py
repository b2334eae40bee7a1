"""What the columns of a table look like, alone and against a reference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.tables.numbers import to_numpy

BINS = 20
FEW = 400  # values below which a histogram shows them all
SINGLE = 30  # distinct whole numbers up to which each has a bar of its own
LONGEST = 100  # characters of a value
CLIPPED = (0.005, 0.995)  # quantiles between which a histogram shows the values
Numbers = NDArray[np.float64]


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


@dataclass(frozen=True)
class Shift:
    """A column of a table beside the same of its reference.

    Numbers have heights and those of the reference, in the same bins between `least` and `most`,
    the highest bar of both 1. Others have `shares`: value, share in the reference, share now.
    """

    name: str
    missing: tuple[float, float]  # share in the reference, and now
    heights: tuple[float, ...] = ()
    reference: tuple[float, ...] = ()
    least: float | None = None
    most: float | None = None
    shares: tuple[tuple[str, float, float], ...] = ()


def profile(table: pa.Table, reference: str) -> Profile:
    """Describe a table of plain values."""
    columns = tuple(_column(name, table[name]) for name in table.column_names)
    return Profile(reference, table.num_rows, columns)


def shifts(table: pa.Table, reference: pa.Table, names: Sequence[str]) -> tuple[Shift, ...]:
    """Describe columns of a table and its reference side by side, those that both have."""
    both = [name for name in names if {name} <= {*table.column_names} & {*reference.column_names}]
    return tuple(_shift(name, reference[name], table[name]) for name in both)


def _column(name: str, values: pa.ChunkedArray) -> Column:
    distinct = 0
    if not pa.types.is_null(values.type):
        distinct = int(pc.count_distinct(values, mode="only_valid").as_py())
    column = Column(name, str(values.type), _missing(values), distinct)
    if _is_number(values):
        return column if values.null_count == len(values) else _with_numbers(column, values)
    return _with_top(column, values) if distinct else column


def _is_number(values: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_integer(values.type) or pa.types.is_floating(values.type))


def _missing(values: pa.ChunkedArray) -> float:
    return float(values.null_count / max(len(values), 1))


def _finite(values: pa.ChunkedArray) -> Numbers:
    raw = to_numpy(values)
    return np.asarray(raw[np.isfinite(raw)], float)


def _with_numbers(column: Column, values: pa.ChunkedArray) -> Column:
    finite = _finite(values)
    if not len(finite):
        return column
    least, median, most = (float(number) for number in np.quantile(finite, [0, 0.5, 1]))
    column = replace(column, least=least, median=median, most=most)
    grid = _grid(finite)
    if grid is None:
        return column
    counts = _counts(finite, *grid)
    heights = tuple(float(n) for n in counts / counts.max())
    return replace(column, heights=heights, edges=(float(grid[0][0]), float(grid[0][-1])))


def _grid(finite: Numbers) -> tuple[Numbers, bool] | None:
    """Return where bars are, and whether each is of one value: None for a constant.

    Few whole numbers have a bar each, with gaps where the scale has room for them; else these are
    the edges of bins.
    """
    values = np.unique(finite)
    if len(values) < 2:
        return None
    if len(values) <= SINGLE and np.array_equal(values, np.round(values)):
        wide = values[-1] - values[0] >= SINGLE
        return (values if wide else np.arange(values[0], values[-1] + 1)), True
    first, last = np.quantile(finite, CLIPPED) if len(finite) >= FEW else values[[0, -1]]
    return (np.linspace(first, last, BINS + 1), False) if last > first else None


def _counts(finite: Numbers, grid: Numbers, single: bool) -> Numbers:
    if single:
        counts = np.bincount(np.searchsorted(grid, finite), minlength=len(grid))
    else:
        counts, _ = np.histogram(finite, grid)
    return np.asarray(counts, float)


def _with_top(column: Column, values: pa.ChunkedArray) -> Column:
    counts = pc.value_counts(values.drop_null())
    most = int(np.argmax(counts.field("counts").to_numpy()))
    share = counts.field("counts")[most].as_py() / len(values)
    return replace(column, top=_short(counts.field("values")[most].as_py()), top_share=share)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _shift(name: str, before: pa.ChunkedArray, now: pa.ChunkedArray) -> Shift:
    missing = _missing(before), _missing(now)
    if pa.types.is_nested(before.type) or pa.types.is_nested(now.type):
        return Shift(name, missing)
    if not (_is_number(before) and _is_number(now)):
        return Shift(name, missing, shares=_shares(before, now))
    old, new = _finite(before), _finite(now)
    grid = _grid(np.concatenate([old, new]))
    if grid is None:
        return Shift(name, missing)
    parts = [_counts(part, *grid) / max(len(part), 1) for part in (new, old)]
    highest = max(float(part.max()) for part in parts)
    heights, reference = (tuple(float(n) for n in part / highest) for part in parts)
    return Shift(name, missing, heights, reference, float(grid[0][0]), float(grid[0][-1]))


def _shares(before: pa.ChunkedArray, now: pa.ChunkedArray) -> tuple[tuple[str, float, float], ...]:
    counts = []
    for values in (before, now):
        pairs = pc.value_counts(values.drop_null()).to_pylist()
        of = max(len(values) - values.null_count, 1)
        counts.append({_short(pair["values"]): pair["counts"] / of for pair in pairs})
    return tuple((v, *(part.get(v, 0.0) for part in counts)) for v in {**counts[0], **counts[1]})
