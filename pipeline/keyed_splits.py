"""Divisions by what rows say of themselves: a group they share, a time, a key's hash."""

import datetime
import hashlib
import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.errors import InputError

Rows = tuple[NDArray[np.intp], NDArray[np.intp]]


def key_codes(table: pa.Table, columns: Sequence[str]) -> NDArray[np.intp]:
    """Number the rows so that those which are equal in all the columns have one number.

    A missing value is a value like any other.

    Raises:
        InputError: no columns, an unknown one, or one whose values cannot be compared.
    """
    if not columns:
        raise InputError("group_by names no column; name those that rows of one group share")
    codes = np.zeros(table.num_rows, np.int64)
    for name in columns:
        column = _column(table, name, "group_by")
        if pt.is_nested(column.type):
            raise InputError(
                f"group_by: the values of {name!r} ({column.type}) cannot be compared; name "
                "columns of plain values"
            )
        encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
        numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        _, codes = np.unique(codes * (len(encoded.dictionary) + 1) + numbers, return_inverse=True)
    return codes.astype(np.intp)


def by_group(
    groups: NDArray[np.intp],
    classes: NDArray[np.intp],
    second: int,
    random: np.random.RandomState,
) -> Rows:
    """Give whole groups to one of two parts, class shares kept as close as they can be.

    Greedy, as in scikit-learn's ``StratifiedGroupKFold``: the groups in random order, the largest
    first, each to the part that it takes nearer to the number of rows it should have of every
    class. Both parts are shuffled.

    Args:
        groups: (n,) the group of each row.
        classes: (n,) the class of each row; all zero for none.
        second: number of rows that the second part should have.
        random: what shuffles.
    """
    sizes = np.bincount(groups)
    order = random.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    counts = np.bincount(classes)
    share = second / len(groups)
    wanted = np.stack([counts * (1 - share), counts * share])
    scale = 1 / np.maximum(wanted, 1e-9)
    have = np.zeros_like(wanted)
    pairs, amounts = np.unique(groups * len(counts) + classes, return_counts=True)
    starts = np.searchsorted(pairs // len(counts), np.arange(len(sizes) + 1))
    kinds = pairs % len(counts)
    part = np.zeros(len(sizes), np.int8)
    for group in order:
        inside = slice(starts[group], starts[group + 1])
        kind, amount = kinds[inside], amounts[inside]
        # How much nearer to, or farther from, what is wanted each part would be.
        change = amount * (2 * (have[:, kind] - wanted[:, kind]) + amount) * scale[:, kind]
        part[group] = int(change[1].sum() < change[0].sum())
        have[part[group], kind] += amount
    in_second = part[groups].astype(bool)
    return random.permutation(np.flatnonzero(~in_second)), random.permutation(
        np.flatnonzero(in_second)
    )


def by_time(table: pa.Table, column: str | None, second: int, gap: float) -> Rows:
    """Give the latest rows to the second part, rows of one moment to one part; in order of time.

    Args:
        table: the table.
        column: numbers, dates or timestamps.
        second: number of rows that the second part should have.
        gap: rows of the first part that are nearer than this to the second are in neither; in
            days for dates and timestamps, else in the column's own unit.

    Raises:
        InputError: no such column, a missing or unfit value, or nothing left of a part.
    """
    if column is None:
        raise InputError("method=time needs time_column; name the column that orders the rows")
    values = _column(table, column, "time_column")
    if missing := values.null_count:
        raise InputError(
            f"time_column: {missing:,} rows have no {column!r}; fill or drop them in preprocess"
        )
    times = _moments(values, column)
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


def by_hash(table: pa.Table, columns: Sequence[str], size: float, salt: str) -> Rows:
    """Give a row to the second part if the hash of its key is below the size; in the table's order.

    Nothing but a row's own key decides about it, so that new rows never move old ones.

    Args:
        table: the table.
        columns: the key; all columns if none is named.
        size: share of the keys that go to the second part.
        salt: makes another division of the same keys.
    """
    names = list(columns) or table.column_names
    codes = key_codes(table, names)
    _, firsts = np.unique(codes, return_index=True)
    keys = table.select(names).take(pa.array(firsts)).to_pylist()
    below = np.array([_fraction(list(key.values()), salt) < size for key in keys], bool)
    in_second = below[codes]
    return np.flatnonzero(~in_second), np.flatnonzero(in_second)


def _fraction(key: list[object], salt: str) -> float:
    """Return where in [0, 1) a key falls."""
    text = json.dumps([salt, key], ensure_ascii=False, default=str)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _moments(values: pa.ChunkedArray, column: str) -> NDArray[np.float64]:
    kind = values.type
    if pt.is_date(kind) or pt.is_timestamp(kind):
        microseconds = pc.cast(pc.cast(values, pa.timestamp("us")), pa.int64())
        day = datetime.timedelta(days=1) // datetime.timedelta(microseconds=1)
        return np.asarray(microseconds.to_numpy() / day, np.float64)
    if pt.is_integer(kind) or pt.is_floating(kind):
        times = np.asarray(values.to_numpy(), np.float64)
        if not np.isnan(times).any():
            return times
    raise InputError(
        f"time_column: {column!r} is {kind}; it must hold numbers, dates or timestamps in all rows"
    )


def _column(table: pa.Table, name: str, asked: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise InputError(
            f"{asked}: the table has no column {name!r}; it has {', '.join(table.column_names)}"
        )
    return table[name]
