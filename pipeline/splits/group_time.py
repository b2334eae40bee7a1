"""Divisions by what rows say of themselves: a group they share, a time."""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.splits.stratified import Classes

Rows = tuple[NDArray[np.integer], NDArray[np.integer]]


def by_group(
    groups: NDArray[np.uint64],
    classes: Classes | None,
    second: int,
    random: np.random.RandomState,
) -> Rows:
    """Give whole groups to one of two parts, class shares kept as close as they can be.

    Greedy, as in scikit-learn's ``StratifiedGroupKFold``: the groups in random order, the largest
    first, each to the part that it takes nearer to the number of rows it should have of every
    class. Both parts are shuffled.

    Args:
        groups: (rows,) the same number for the rows of one group.
        classes: of the rows; None for none.
        second: number of rows that the second part should have.
        random: what shuffles.

    Raises:
        InputError: a class that has one group only.
    """
    _, group = np.unique(groups, return_inverse=True)
    names, codes = classes or (["the table"], np.zeros(len(group), np.uint16))
    sizes = np.bincount(group)
    pairs, amounts = np.unique(group * len(names) + codes, return_counts=True)
    _refuse_lonely(names, np.bincount(pairs % len(names)), np.bincount(codes))
    order = random.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    starts = np.searchsorted(pairs // len(names), np.arange(len(sizes) + 1))
    wanted = np.bincount(codes) * np.array([[1 - second / len(group)], [second / len(group)]])
    part = _greedy(order, starts, pairs % len(names), amounts, wanted)
    in_second = part[group]
    return random.permutation(np.flatnonzero(~in_second)), random.permutation(
        np.flatnonzero(in_second)
    )


def _greedy(
    order: NDArray[np.intp],
    starts: NDArray[np.intp],
    kinds: NDArray[np.intp],
    amounts: NDArray[np.intp],
    wanted: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return whether each group goes to the second part.

    Group g has amounts[i] rows of class kinds[i], for i from starts[g] to before starts[g + 1];
    `wanted` is the number of rows (part, class) that the parts should have.
    """
    scale = 1 / np.maximum(wanted, 1e-9)
    have = np.zeros_like(wanted)
    part = np.zeros(len(order), bool)
    for number in order:
        inside = slice(starts[number], starts[number + 1])
        kind, amount = kinds[inside], amounts[inside]
        # How much nearer to, or farther from, what is wanted each part would be.
        change = amount * (2 * (have[:, kind] - wanted[:, kind]) + amount) * scale[:, kind]
        chosen = int(change[1].sum() < change[0].sum())
        part[number] = chosen
        have[chosen, kind] += amount
    return part


def _refuse_lonely(names: list[str], groups: NDArray[np.intp], rows: NDArray[np.intp]) -> None:
    for name, found, size in zip(names, groups, rows, strict=True):
        if found < 2:
            raise InputError(
                f"method=group: {name} ({size:,} rows) has one group only, which cannot be on both "
                "sides; drop or merge it, choose other group_by columns, or take method=stratified"
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
