"""Of many columns those whose importance is worth measuring one by one."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.judging.evaluation import Screening

GROUPS = 32  # that are shuffled at a time: many columns cost no more than these
BY = {
    "impurity": "rank highest by impurity",
    "groups": "are left when those groups of columns go whose shuffling costs least",
}
Block = NDArray[np.intp]  # the inputs of a column


def leading(
    blocks: Sequence[Block],
    shares: Sequence[float | None],
    costs: Callable[[list[Block]], Sequence[float]],
    most: int,
) -> list[int]:
    """Return the numbers of the `most` leading columns, ascending.

    They lead by impurity, where the estimator has it. Else groups of columns are shuffled together,
    the half that costs least goes, and what is left is divided into smaller groups, until no more
    are left than wanted: as many predictions for twice as many columns, and one round more.

    Args:
        blocks: the inputs of each column.
        shares: its part of the impurity; None for an estimator that has none.
        costs: what shuffling each of some blocks costs.
        most: how many are wanted; fewer than there are.
    """
    if None not in shares:
        order = np.argsort(-np.array(shares, np.float64), kind="stable")
        return sorted(order[:most].tolist())
    left = np.arange(len(blocks))
    while len(left) > most:
        groups = np.array_split(left, min(GROUPS, len(left)))
        found = costs([np.concatenate([blocks[i] for i in group]) for group in groups])
        order = np.argsort(-np.array(found), kind="stable")
        ranked = np.concatenate([groups[i] for i in order])
        left = np.sort(ranked[: max(len(left) // 2, most)])
    return [int(number) for number in left]


def sentence(screening: Screening) -> str:
    """Say which columns have an importance."""
    return (
        f"importance of the {screening['measured']:,} of {screening['columns']:,} columns that "
        f"{BY[screening['by']]} (judging.permutation_budget)"
    )
