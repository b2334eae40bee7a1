"""Dividing rows into two parts: train and test, then train and validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import keyed_splits
from pipeline.errors import InputError, did_you_mean
from pipeline.stratified import draw, numbered, random_state_of, second_rows

METHODS = {  # and the options that each takes
    "stratified": ("stratify",),
    "random": (),
    "group": ("stratify", "group_by"),
    "time": ("time_column", "gap"),
    "hash": ("group_by",),
}


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


def divide(table: pa.Table, how: Division) -> tuple[np.ndarray, np.ndarray]:
    """Return the row numbers of the two parts of a table.

    Raises:
        InputError: an unknown method, an option that the method does not take or lacks, a size
            outside (0, 1), a class or a group that cannot be divided so.
    """
    if how.method not in METHODS:
        raise InputError(f"method={how.method}: {did_you_mean(how.method, METHODS)}")
    given = {"group_by": how.group_by, "time_column": how.time_column, "gap": how.gap,
             "stratify": how.stratify}  # fmt: skip
    for name in (
        name for name, value in given.items() if value and name not in METHODS[how.method]
    ):
        users = [method for method, options in METHODS.items() if name in options]
        raise InputError(
            f"{name}={given[name]} is not for method={how.method}; leave it out, or take method="
            + " or ".join(users)
        )
    second = second_rows(table.num_rows, how.size, how.size_name)
    if how.method == "time":
        return keyed_splits.by_time(table, how.time_column, second, how.gap)
    if how.method == "hash":
        parts = keyed_splits.by_hash(table, how.group_by, how.size, f"{how.seed} {how.size_name}")
    elif how.method == "group":
        parts = _grouped(table, how, second)
    else:
        classes = classes_of(table, how.stratify)
        return draw(table.num_rows, how.size, how.seed, classes, how.size_name)
    if not (len(parts[0]) and len(parts[1])):
        raise InputError(
            f"method={how.method}: with {how.size_name} {how.size} all {table.num_rows:,} rows are "
            "on one side; give more rows, other group_by columns or another size"
        )
    return parts


def _grouped(table: pa.Table, how: Division, second: int) -> tuple[np.ndarray, np.ndarray]:
    groups = keyed_splits.key_codes(table, how.group_by)
    classes = classes_of(table, how.stratify)
    names, codes = numbered(np.asarray(classes or ["the table"] * table.num_rows))
    for code, name in enumerate(names):
        inside = groups[codes == code]
        if len(np.unique(inside)) < 2:
            what = f"{name!s} ({len(inside):,} rows)"
            raise InputError(
                f"method=group: {what} has one group only, which cannot be on both sides; drop or "
                "merge it, choose other group_by columns, or take method=stratified"
            )
    return keyed_splits.by_group(groups, codes, second, random_state_of(how.seed))


def classes_of(table: pa.Table, column: str | None) -> list[Any] | None:
    """Return the class of each row of a table; None for no column.

    Raises:
        InputError: an unknown column, or one with missing values.
    """
    if column is None:
        return None
    if column not in table.column_names:
        raise InputError(
            f"stratify: the table has no column {column!r}; it has {', '.join(table.column_names)}"
        )
    if missing := table[column].null_count:
        raise InputError(
            f"stratify: {missing:,} rows have no {column!r}; fill or drop them in preprocess, or "
            "set stratify=null"
        )
    values: list[Any] = table[column].to_pylist()
    return values
