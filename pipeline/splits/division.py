"""Dividing rows into two parts: train and test, then train and validation.

METHODS is where a row's side is decided: each method's entry names the function that does it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.engines.each import Each, here
from pipeline.errors import InputError
from pipeline.splits.columns import columns_of
from pipeline.splits.groups import by_group
from pipeline.splits.hashes import by_hash, hashes_of
from pipeline.splits.keys import ClassColumn, Coded, Keys, Rows, coded
from pipeline.splits.lonely import rows_to_fit
from pipeline.splits.quantiles import binned
from pipeline.splits.stratified import draw, random_state_of, second_rows
from pipeline.splits.times import by_time, times_of
from pipeline.tables import row_digests


@dataclass(frozen=True)
class Division:
    """How rows are divided into two parts.

    Attributes:
        size: share of the rows that go to the second part, in (0, 1).
        seed: of what is drawn.
        method: a key of METHODS: stratified or random (as scikit-learn's train_test_split draws),
            group (rows that share a key stay together), time (the latest rows are the second
            part), hash (a row's own key decides, new rows never move old ones).
        stratify: column whose classes keep their shares in both parts; None for none.
        group_by: the columns of the key, for group and hash.
        time_column: for time.
        gap: rows this near before the second part are in neither, for time; in days or in the
            column's unit.
        classes: whether numbers are classes, however many; else quantities are cut into bins.
        size_name: what the caller's user calls the size. Hashes are drawn with it, so that train,
            validation and test rows are drawn apart.
    """

    size: float
    seed: int
    _: KW_ONLY
    method: str = "stratified"
    stratify: str | None = None
    group_by: Sequence[str] = ()
    time_column: str | None = None
    gap: float = 0.0
    classes: bool = False
    size_name: str = "test_size"


@dataclass(frozen=True)
class Method:
    """A way to divide rows.

    Attributes:
        options: what it takes of a Division.
        rows_of: gives the numbers of the rows of the two parts: of the keys, the division, and the
            number of rows that the second part should have.
        key_of: gives the key of each row of a piece; None: rows have none.
    """

    options: tuple[str, ...]
    rows_of: Callable[[Keys, Division, int], Rows]
    key_of: Callable[[pa.Table, Division], NDArray[Any]] | None = None


def _drawn(keys: Keys, how: Division, _: int) -> Rows:
    return draw(keys.rows, how.size, how.seed, keys.classes, how.size_name)


METHODS: Mapping[str, Method] = {
    "stratified": Method(("stratify",), _drawn),
    "random": Method((), _drawn),
    "group": Method(
        ("stratify", "group_by"),
        lambda keys, how, second: by_group(
            keys.values, keys.classes, second, random_state_of(how.seed)
        ),
        lambda piece, how: row_digests.of_rows(piece, how.group_by),
    ),
    "time": Method(
        ("time_column", "gap"),
        lambda keys, how, second: by_time(keys.values, str(how.time_column), second, how.gap),
        lambda piece, how: times_of(piece, str(how.time_column)),
    ),
    "hash": Method(
        ("group_by",),
        lambda keys, how, _: by_hash(keys.values, how.size),
        lambda piece, how: hashes_of(
            piece, how.group_by or piece.column_names, f"{how.seed} {how.size_name}"
        ),
    ),
}


def divide(table: pa.Table, how: Division) -> Rows:
    """Return the row numbers of the two parts of a table; errors as those of the two below."""
    keys = keys_of(table.column_names, lambda columns: [table.select(columns)], how)
    return assign(keys, how)


def keys_of(
    names: Sequence[str], read: Callable[[list[str]], Iterable[pa.Table]], how: Division,
    each: Each = here,
) -> Keys:  # fmt: skip
    """Gather the keys of a table's rows.

    Args:
        names: the table's columns.
        read: gives its rows in order, in pieces, of some of the columns.
        how: which of them decide.
        each: who works out the keys of a piece.

    Raises:
        InputError: as columns_of; a missing or unfit value in one of the columns.
    """
    rows, classes = 0, ClassColumn(how.stratify) if how.stratify is not None else None
    values: list[NDArray[Any]] = []
    columns = columns_of(names, how, {name: method.options for name, method in METHODS.items()})
    for size, of_stratify, of_rows in each(_key_of, read(columns), how):
        rows += size
        if classes and of_stratify:
            classes.add(of_stratify)
        if of_rows is not None:
            values.append(of_rows)
    whole = np.concatenate(values) if values else np.zeros(0)
    return Keys(rows, classes.classes() if classes else None, whole)


def _key_of(piece: pa.Table, how: Division) -> tuple[int, Coded | None, NDArray[Any] | None]:
    """Return how many rows a piece has, their classes and their keys, where they have any."""
    key_of = METHODS[how.method].key_of
    classes = coded(piece, how.stratify) if how.stratify is not None else None
    return len(piece), classes, key_of(piece, how) if key_of else None


def assign(keys: Keys, how: Division) -> Rows:
    """Return the row numbers of the two parts.

    Few rows whose class cannot be on both sides are in the first; see lonely.

    Raises:
        InputError: too few rows, a class or a group that cannot be divided so.
    """
    keys = with_strata(keys, how)
    alone = rows_to_fit(keys.classes, keys.values if how.method == "group" else None)
    if alone is not None:
        to_fit, rest = np.flatnonzero(alone), np.flatnonzero(~alone)
        first, second_part = (rest[part] for part in assign(keys.take(rest), how))
        return np.append(first, to_fit), second_part
    second = second_rows(keys.rows, how.size, how.size_name)
    parts = METHODS[how.method].rows_of(keys, how, second)
    if not (len(parts[0]) and len(parts[1])):
        raise InputError(
            f"method={how.method}: with {how.size_name} {how.size} all {keys.rows:,} rows are "
            "on one side; give more rows, other group_by columns or another size"
        )
    return parts


def with_strata(keys: Keys, how: Division) -> Keys:
    """Return keys whose classes are the strata: of quantities bins, else they are as they were."""
    second = second_rows(keys.rows, how.size, how.size_name)
    return keys if how.classes else binned(keys, min(second, keys.rows - second))
