"""One row in place of all that are equal in some columns: means, and the most frequent values."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.tables import numbers
from pipeline.tables.column_kinds import is_number
from pipeline.tables.column_types import plain
from preprocess.values import check_columns

AT_ONCE = 2**20  # rows in memory; the table is read once for each so many
Groups = NDArray[np.intp]


def groups_of(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> Groups:
    """Return the group of each row, numbered as they first occur, (rows,) from two digests."""
    order = np.lexsort((two, one))
    new = np.ones(len(one), bool)
    new[1:] = (one[order][1:] != one[order][:-1]) | (two[order][1:] != two[order][:-1])
    first = order[new]  # equal ones stay in the table's order
    rank = np.empty(len(first), np.intp)
    rank[np.argsort(first)] = np.arange(len(first))
    groups = np.empty(len(one), np.intp)
    groups[order] = rank[np.cumsum(new) - 1]
    return groups


def schema_of(schema: pa.Schema, mean: Sequence[str]) -> pa.Schema:
    """Return the types of the aggregated rows.

    Args:
        schema: of the rows.
        mean: columns of whole numbers that get their mean.

    Raises:
        InputError: one of these is not there, or holds no numbers.
    """
    check_columns("duplicates.mean", mean, schema)
    for name in mean:
        if not is_number(schema.field(name).type):
            kind = schema.field(name).type
            raise InputError(f"preprocess.duplicates.mean: {name!r} is {kind}, it has no mean")
    return pa.schema([pa.field(f.name, pa.float64()) if f.name in mean and
                      not pt.is_floating(f.type) else f for f in schema])  # fmt: skip


def aggregated(
    pieces: Callable[[], Iterable[pa.Table]], groups: Groups, schema: pa.Schema
) -> Iterator[pa.Table]:
    """Yield one row for each group, where its first row was.

    Args:
        pieces: gives all rows, each time it is called.
        groups: of groups_of.
        schema: of schema_of: columns of floats get the mean of the values that are there, others
            the most frequent one, of equally frequent ones the first.
    """
    ends = np.cumsum(np.bincount(groups)) if len(groups) else np.zeros(0, np.intp)
    first = 0
    while first < len(ends):
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + AT_ONCE, "right")), first + 1)
        yield _window(pieces, groups, (first, last), schema)
        first = last


def _window(
    pieces: Callable[[], Iterable[pa.Table]], groups: Groups, between: tuple[int, int],
    schema: pa.Schema,
) -> pa.Table:  # fmt: skip
    seen, found, taken = 0, [], []
    for piece in pieces():
        of = groups[seen : seen + len(piece)]
        seen += len(piece)
        mine = np.flatnonzero((of >= between[0]) & (of < between[1]))
        found.append(piece.take(numbers.to_arrow(mine)))
        taken.append(of[mine] - between[0])
    rows, group, count = pa.concat_tables(found), np.concatenate(taken), between[1] - between[0]
    bare = pa.schema([plain(field) for field in schema])
    columns = [_mean(rows[f.name], group, count, f.type) if pt.is_floating(f.type)
               else _most_frequent(rows[f.name], group, count) for f in bare]  # fmt: skip
    return pa.table(columns, schema=bare)


def _mean(column: pa.ChunkedArray, group: Groups, count: int, kind: pa.DataType) -> pa.Array:
    values = numbers.to_numpy(column)
    there = ~np.isnan(values)
    counts = np.bincount(group[there], minlength=count)
    sums = np.bincount(group[there], values[there], count)
    means = numbers.to_arrow(sums / np.maximum(counts, 1))
    gaps = pa.array(counts == 0)
    return pc.if_else(gaps, pa.scalar(None, pa.float64()), means).cast(kind)


def _most_frequent(column: pa.ChunkedArray, group: Groups, count: int) -> pa.Array:
    if pt.is_null(column.type):
        return pa.nulls(count)
    values, codes = numbers.codes(column)
    there = np.flatnonzero(codes >= 0)
    pairs = group[there] * max(len(values), 1) + codes[there]
    kinds, first, counts = np.unique(pairs, return_index=True, return_counts=True)
    of = kinds // max(len(values), 1)
    order = np.lexsort((first, -counts, of))
    best = order[np.unique(of[order], return_index=True)[1]]
    chosen = np.full(count, -1, np.int64)
    chosen[of[best]] = kinds[best] % max(len(values), 1)
    return values.take(pa.array(chosen, mask=chosen < 0))
