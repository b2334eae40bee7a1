"""Areas under the curves of a class's scores, under many weightings of the rows at once."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def positive(sizes: Array) -> Array:
    """Return the sizes with NaN for 0."""
    return sizes if sizes.all() else np.where(sizes > 0, sizes, np.nan)


class Against:
    """One class's score: how many of its rows each other row loses against, ties as a half.

    The rows of the class are sorted once; what lies below a row's score is then a sum of the first
    few weights (the Mann-Whitney statistic, with weights).
    """

    def __init__(self, scores: Array, own: slice) -> None:
        self._own = own
        self._order = np.argsort(scores[own], kind="stable")
        ladder = scores[own][self._order]
        low, high = (np.searchsorted(ladder, scores, side) for side in ("left", "right"))
        steps, self._step = np.unique(low * (len(ladder) + 1) + high, return_inverse=True)
        self._low, self._high = np.divmod(steps, len(ladder) + 1)

    def wins(self, weights: Array, starts: NDArray[np.int64]) -> Array:
        """Return (p, b): pairs won against each class's rows; against its own 0.

        Args:
            weights: (n, b), rows in the order of their classes.
            starts: where each class begins.
        """
        own = weights[self._own][self._order]
        below = np.vstack([np.zeros((1, weights.shape[1])), np.cumsum(own, axis=0)])
        above = below[-1] - (below[self._low] + below[self._high]) / 2
        won = above[self._step]
        won *= weights
        won[self._own] = 0
        summed: Array = np.add.reduceat(won, starts)
        return summed


class Ranked:
    """One class against the rest, rows ranked by its score: precision and recall down the ranks.

    Ranks change the recall only where rows of the class are, so what lies between such ranks is
    summed with the next of them, and what is below the last one counts for nothing.
    """

    def __init__(self, scores: Array, own: NDArray[np.bool_]) -> None:
        order = np.argsort(-scores, kind="stable")
        ladder, own = scores[order], own[order]
        last = np.flatnonzero(np.append(np.diff(ladder) != 0, True))  # of each rank
        ends = last[np.diff(np.cumsum(own)[last], prepend=0) > 0] + 1
        self._rows, self._starts = order[: ends[-1]], np.append(0, ends[:-1])
        self._own = np.flatnonzero(own)
        self._own_starts = np.searchsorted(self._own, self._starts)

    def average_precision(self, weights: Array) -> Array:
        """Return (b,) figures for (n, b) weights; NaN where the class has no weight."""
        ordered = weights[self._rows]
        ranked = np.cumsum(np.add.reduceat(ordered, self._starts), axis=0)
        hits = np.add.reduceat(ordered[self._own], self._own_starts)
        found = np.cumsum(hits, axis=0)
        area: Array = (hits * found / np.maximum(ranked, 1)).sum(axis=0) / positive(found[-1])
        return area
