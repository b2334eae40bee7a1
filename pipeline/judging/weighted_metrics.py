"""A model's figures of merit under many weightings of the rows at once.

Weights are whole numbers and the sums over them exact, so that counts and areas do not depend on
the order of addition. Nothing here uses BLAS, whose sums depend on the number of threads.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.judging import calibration

Array = NDArray[np.float64]
Figures = dict[str, Array]


class WeightedMetrics:
    """What one model says about some rows, made ready for many resamples.

    Attributes:
        codes: (n,) the true class of each row, a position in the model's classes.
        present: (p,) those classes that have rows, ascending.
    """

    def __init__(self, codes: NDArray[np.int64], probabilities: Array) -> None:
        """Take the true classes (n,) and the probabilities (n, k) of the model's classes."""
        self.codes = codes
        self.present, self._class_of_row = np.unique(codes, return_inverse=True)
        self._classes = probabilities.shape[1]
        predicted = probabilities.argmax(axis=1)
        self._cells = _Groups(codes * self._classes + predicted)
        self._losses = calibration.row_losses(codes, probabilities)
        confidence = probabilities.max(axis=1)
        self._gap = (confidence - (predicted == codes))[:, None]
        self._bins = _Groups(calibration.bin_of(confidence))
        self._probabilities = probabilities
        self._pairs: list[_Against] = []

    def figures(self, weights: Array, areas: bool = True) -> Figures:
        """Return the figures that the rows have with these weights.

        Definitions are those of pipeline.judging.metrics.

        Args:
            weights: (n, b), whole numbers with a positive sum in each column. A class without
                weight is not there: its figures are NaN, and the others' means run without it.
            areas: whether auc and class_auc are wanted.

        Returns:
            auc, accuracy, precision, recall, f1, log_loss, brier, ece as (b,); class_precision,
            class_recall, class_f1, class_auc as (p, b); gaps, whose distances from 0 add up to the
            ece, as (bins, b). With one class present no areas.
        """
        figures = self._confusion_figures(weights)
        total = weights.sum(axis=0)
        for name, losses in self._losses.items():
            figures[name] = np.einsum("nb,n->b", weights, losses) / total
        figures["gaps"] = self._bins.sums(weights * self._gap) / total
        figures["ece"] = np.abs(figures["gaps"]).sum(axis=0)
        if areas and len(self.present) > 1:
            figures |= self._areas(weights)
        return figures

    def _confusion_figures(self, weights: Array) -> Figures:
        size = self._classes
        cells = np.zeros((size * size, weights.shape[1]))
        cells[self._cells.values] = self._cells.sums(weights)
        confusion = cells.reshape(size, size, -1)
        hits = confusion[self.present, self.present]
        true, predicted = confusion.sum(axis=1)[self.present], confusion.sum(axis=0)[self.present]
        there = _positive(true)
        each = {
            "class_precision": hits / np.maximum(predicted, 1) * (there / there),  # never: 0
            "class_recall": hits / there,
            "class_f1": 2 * hits / (there + predicted),
        }
        macro = {n.removeprefix("class_"): _mean(figures) for n, figures in each.items()}
        return each | macro | {"accuracy": hits.sum(axis=0) / true.sum(axis=0)}

    def _areas(self, weights: Array) -> Figures:
        if not self._pairs:
            order = np.argsort(self._class_of_row, kind="stable")
            self._starts = np.searchsorted(self._class_of_row[order], np.arange(len(self.present)))
            scores = self._probabilities[order].T
            self._order = order
            ends = [*self._starts[1:], len(order)]
            self._pairs = [
                _Against(scores[code], slice(start, end))
                for code, start, end in zip(self.present, self._starts, ends, strict=True)
            ]
        ordered = weights[self._order]
        sizes = np.add.reduceat(ordered, self._starts)
        wins = np.stack([pair.wins(ordered, self._starts) for pair in self._pairs])  # (p, p, b)
        others = ~np.eye(len(self.present), dtype=bool)
        against_all = wins.sum(axis=1) / _positive(sizes * (sizes.sum(axis=0) - sizes))
        if self._classes == 2:  # one pair only: the area of the second class, as in metrics
            return {"class_auc": against_all, "auc": against_all[1]}
        pairs = (wins / _positive(sizes[:, None] * sizes))[others]
        return {"class_auc": against_all, "auc": _mean(pairs)}


def _positive(sizes: Array) -> Array:
    """Return the sizes with NaN for 0."""
    return sizes if sizes.all() else np.where(sizes > 0, sizes, np.nan)


def _mean(figures: Array) -> Array:
    """Return the means over the first axis of what is there; NaN where nothing is."""
    there = ~np.isnan(figures)
    if there.all():
        return np.asarray(figures.mean(axis=0))
    counts = there.sum(axis=0)
    means: Array = np.where(there, figures, 0).sum(axis=0) / _positive(counts.astype(float))
    return means


class _Groups:
    """Rows that belong together, for sums over each group."""

    def __init__(self, labels: NDArray[np.int64]) -> None:
        self._order = np.argsort(labels, kind="stable")
        self.values, self._starts = np.unique(labels[self._order], return_index=True)

    def sums(self, rows: Array) -> Array:
        """Return (groups, b) sums of (n, b) rows, the groups in ascending order."""
        summed: Array = np.add.reduceat(rows[self._order], self._starts)
        return summed


class _Against:
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
