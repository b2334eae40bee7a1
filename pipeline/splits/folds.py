"""Dividing rows into folds, each of them judged by a model that was fitted on others.

The methods are those of a division into two parts. Folds depend on the table, the division's keys
and its seed; never on a model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.splits.division import Division, keys_of
from pipeline.splits.groups import parts_of
from pipeline.splits.keys import Keys, Rows
from pipeline.splits.quantiles import binned
from pipeline.splits.stratified import random_state_of
from pipeline.splits.times import blocks_of

KEY = "model.folds"
MEND = "drop or merge it with data.preprocess.rare, or set data.stratify=null"
Folds = NDArray[np.integer]  # (rows,) the number of each row's fold, from 0 on; -1 for none


def divide(table: pa.Table, how: Division, number: int) -> list[Rows]:
    """Return the rows that fit a model and those that judge it, of each fold; in table order.

    Each row judges once. By time a fold judges the model of the rows before it (forward chaining,
    the gap between them left out), so that the earliest rows only fit.

    Args:
        table: all rows.
        how: their division; its size and the size's name count for nothing.
        number: of folds, 2 or more.

    Raises:
        InputError: as division.divide; or fewer rows of a class, groups or times than folds.
        AssertionError: rows, groups or later times on both sides: a bug here.
    """
    how = replace(how, size_name="folds")  # hashes of their own: folds are not validation rows
    keys = keys_of(table.column_names, lambda columns: [table.select(columns)], how)
    keys = keys if how.classes else binned(keys, keys.rows // number)
    fold = FOLDS[how.method](keys, how, number)
    parts = [_parts(keys, how, fold, k) for k in range(number)]
    _assert_apart(parts, keys, how)
    return parts


def _parts(keys: Keys, how: Division, fold: Folds, k: int) -> Rows:
    judging = np.flatnonzero(fold == k)
    if not len(judging):
        raise InputError(f"{KEY}: method={how.method} leaves no row for fold {k + 1}; take fewer")
    if how.method != "time":
        return np.flatnonzero(fold != k), judging
    fitting = np.flatnonzero(keys.values < keys.values[judging].min() - how.gap)
    if not len(fitting):
        raise InputError(
            f"time_column {how.time_column!r}: no row is more than the gap of {how.gap:g} before "
            f"fold {k + 1}; take a smaller gap or fewer folds"
        )
    return fitting, judging


def _drawn(keys: Keys, how: Division, number: int) -> Folds:
    """Draw rows as scikit-learn does, each class with its share if there are classes."""
    from sklearn.model_selection import KFold, StratifiedKFold  # slow, and fitting needs it anyway

    _refuse_more(number, keys.rows, "rows", "give more rows")
    random, codes = random_state_of(how.seed), np.zeros(keys.rows, np.int64)
    drawing = KFold(number, shuffle=True, random_state=random)
    if keys.classes:
        counts = np.bincount(keys.classes.codes, minlength=len(keys.classes.names))
        rarest = int(counts.argmin())
        name = f"rows of the rarest class, {keys.classes.names[rarest]}"
        _refuse_more(number, int(counts[rarest]), name, MEND)
        codes = keys.classes.codes.astype(np.int64)
        drawing = StratifiedKFold(number, shuffle=True, random_state=random)
    fold = np.empty(keys.rows, np.int64)
    for k, (_, judging) in enumerate(drawing.split(codes, codes)):
        fold[judging] = k
    return fold


def _by_group(keys: Keys, how: Division, number: int) -> Folds:
    advice = "choose other group_by columns, or take method=stratified"
    _refuse_more(number, len(np.unique(keys.values)), "groups", advice)
    shares, random = np.full(number, 1 / number), random_state_of(how.seed)
    return parts_of(keys.values, keys.classes, shares.tolist(), random)


def _by_time(keys: Keys, how: Division, number: int) -> Folds:
    times = len(np.unique(keys.values))
    _refuse_more(number, times - 1, f"times after the first in {how.time_column}", "give more rows")
    return blocks_of(keys.values, number + 1) - 1


def _by_hash(keys: Keys, how: Division, number: int) -> Folds:
    return (keys.values * number).astype(np.int64)


# By the names of division.METHODS.
FOLDS: Mapping[str, Callable[[Keys, Division, int], Folds]] = {
    "stratified": _drawn,
    "random": _drawn,
    "group": _by_group,
    "time": _by_time,
    "hash": _by_hash,
}


def _refuse_more(number: int, most: int, what: str, advice: str) -> None:
    if number > most:
        fewer = f"take {KEY}={most} or fewer, or " if most > 2 else "take 2, or " * (most == 2)
        raise InputError(f"{KEY}={number}: more folds than {what} ({most:,}); {fewer}{advice}")


def _assert_apart(parts: Sequence[Rows], keys: Keys, how: Division) -> None:
    """Let a fault in all the above end here, before any figure is wrong."""
    judged = np.zeros(keys.rows, bool)
    for k, (fitting, judging) in enumerate(parts, 1):
        faults = {"a row": np.isin(fitting, judging), "a row of another fold": judged[judging]}
        if how.method == "time":
            border = keys.values[judging].min() - how.gap
            faults["a later time"] = keys.values[fitting] >= border
        elif len(keys.values):
            faults["a group"] = np.isin(keys.values[fitting], keys.values[judging])
        judged[judging] = True
        for what, found in faults.items():
            if found.any():
                raise AssertionError(f"fold {k}: {what} is on both sides; a bug in the folds")
