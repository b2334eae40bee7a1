"""Dividing rows into two parts: train and test, then train and validation."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError, did_you_mean
from pipeline.splits import group_time
from pipeline.splits.keys import ClassColumn, hashes_of, times_of
from pipeline.splits.stratified import Classes, checked_size, draw, random_state_of, second_rows
from pipeline.tables import row_digests

METHODS = {  # and the options that each takes
    "stratified": ("stratify",),
    "random": (),
    "group": ("stratify", "group_by"),
    "time": ("time_column", "gap"),
    "hash": ("group_by",),
}
Rows = tuple[NDArray[np.integer], NDArray[np.integer]]  # the numbers of the rows of two parts


@dataclass(frozen=True)
class Division:
    """How rows are divided into two parts.

    Attributes:
        size: share of the rows that go to the second part, in (0, 1).
        seed: of what is drawn.
        method: stratified or random (as scikit-learn's train_test_split draws), group (rows that
            share a key stay together), time (the latest rows are the second part), hash (a row's
            own key decides, new rows never move old ones).
        stratify: column whose classes keep their shares in both parts; None for none.
        group_by: the columns of the key, for group and hash.
        time_column: for time.
        gap: rows this near before the second part are in neither, for time; in days or in the
            column's unit.
        size_name: what the caller's user calls the size.
    """

    size: float
    seed: int
    method: str = "stratified"
    stratify: str | None = None
    group_by: Sequence[str] = ()
    time_column: str | None = None
    gap: float = 0.0
    size_name: str = "test_size"


@dataclass(frozen=True)
class Keys:
    """What decides about each row; None is what the method does not look at.

    Attributes:
        rows: how many there are.
        classes: of the stratify column.
        groups: (rows,) digests of the group's key.
        times: (rows,) in days, or in the column's unit.
        hashes: (rows,) where in [0, 1) the hash of the row's key falls; drawn with the size's
            name, so that train, validation and test rows are drawn apart.
    """

    rows: int
    classes: Classes | None = None
    groups: NDArray[np.uint64] | None = None
    times: NDArray[np.float64] | None = None
    hashes: NDArray[np.float64] | None = None

    def take(self, rows: NDArray[np.integer]) -> "Keys":
        """Return the keys of some of the rows, in that order."""
        classes, groups, times, hashes = self.classes, self.groups, self.times, self.hashes
        return Keys(
            len(rows),
            None if classes is None else Classes(classes.names, classes.codes[rows]),
            None if groups is None else groups[rows],
            None if times is None else times[rows],
            None if hashes is None else hashes[rows],
        )


def columns_of(how: Division, names: Sequence[str]) -> list[str]:
    """Return the columns that decide, of a table that has these.

    Raises:
        InputError: an unknown method, a size outside (0, 1), an option that the method does not
            take or lacks, a column that the table does not have.
    """
    checked_size(how.size, how.size_name)
    if how.method not in METHODS:
        raise InputError(f"method={how.method}: {did_you_mean(how.method, METHODS)}")
    given = {"group_by": how.group_by, "time_column": how.time_column, "gap": how.gap,
             "stratify": how.stratify}  # fmt: skip
    for name in (n for n, value in given.items() if value and n not in METHODS[how.method]):
        users = [method for method, options in METHODS.items() if name in options]
        raise InputError(
            f"{name}={given[name]} is not for method={how.method}; leave it out, or take method="
            + " or ".join(users)
        )
    if how.method == "group" and not how.group_by:
        raise InputError("group_by names no column; name those that rows of one group share")
    if how.method == "time" and how.time_column is None:
        raise InputError("method=time needs time_column; name the column that orders the rows")
    asked = {"stratify": [how.stratify], "group_by": how.group_by, "time_column": [how.time_column]}
    wanted = {column: option for option in asked for column in asked[option] if column is not None}
    for column, option in wanted.items():
        if column not in names:
            raise InputError(
                f"{option}: the table has no column {column!r}; it has {', '.join(names)}"
            )
    everything = how.method == "hash" and not how.group_by
    # One column at least: without any, a table has no rows.
    return list(names) if everything else list(wanted) or list(names[:1])


def keys_of(pieces: Iterable[pa.Table], how: Division) -> Keys:
    """Gather the keys of a table's rows.

    Args:
        pieces: its rows in order, in pieces, of the columns that columns_of names or of more.
        how: as columns_of took it.

    Raises:
        InputError: a missing or unfit value in one of the columns.
    """
    rows, classes = 0, ClassColumn(how.stratify) if how.stratify is not None else None
    parts: list[NDArray[Any]] = []
    for piece in pieces:
        rows += len(piece)
        if classes:
            classes.add(piece)
        if taken := _taken(how):
            parts.append(taken(piece))
    keys = Keys(rows, classes.classes() if classes else None)
    if not parts:
        return keys
    whole = np.concatenate(parts)
    if how.method == "group":
        return replace(keys, groups=whole)
    return replace(keys, times=whole) if how.method == "time" else replace(keys, hashes=whole)


def _taken(how: Division) -> Callable[[pa.Table], NDArray[Any]] | None:
    """Return what takes the key of each row of a piece."""
    salt = f"{how.seed} {how.size_name}"
    methods: dict[str, Callable[[pa.Table], NDArray[Any]]] = {
        "group": lambda piece: row_digests.of_rows(piece, how.group_by),
        "time": lambda piece: times_of(piece, str(how.time_column)),
        "hash": lambda piece: hashes_of(piece, how.group_by or piece.column_names, salt),
    }
    return methods.get(how.method)


def assign(keys: Keys, how: Division) -> Rows:
    """Return the row numbers of the two parts.

    Raises:
        InputError: too few rows, a class or a group that cannot be divided so.
    """
    second = second_rows(keys.rows, how.size, how.size_name)
    if how.method == "time":
        assert keys.times is not None
        return group_time.by_time(keys.times, str(how.time_column), second, how.gap)
    if how.method == "hash":
        assert keys.hashes is not None
        below = keys.hashes < how.size
        parts: Rows = (np.flatnonzero(~below), np.flatnonzero(below))
    elif how.method == "group":
        assert keys.groups is not None
        parts = group_time.by_group(keys.groups, keys.classes, second, random_state_of(how.seed))
    else:
        return draw(keys.rows, how.size, how.seed, keys.classes, how.size_name)
    if not (len(parts[0]) and len(parts[1])):
        raise InputError(
            f"method={how.method}: with {how.size_name} {how.size} all {keys.rows:,} rows are "
            "on one side; give more rows, other group_by columns or another size"
        )
    return parts


def divide(table: pa.Table, how: Division) -> Rows:
    """Return the row numbers of the two parts of a table; errors as those of the three above."""
    columns = columns_of(how, table.column_names)
    return assign(keys_of([table.select(columns)], how), how)
