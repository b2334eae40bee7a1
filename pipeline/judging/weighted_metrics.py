"""A model's figures of merit under many weightings of the rows at once.

Weights are whole numbers and the sums over them exact, so that counts and areas do not depend on
the order of addition. Nothing here uses BLAS, whose sums depend on the number of threads.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from pipeline.judging import calibration
from pipeline.judging.ranks import Against, Array, Ranked, positive

Figures = dict[str, Array]
AREAS = ("auc", "average_precision")  # most of the work


class WeightedMetrics:
    """What one model says about some rows, made ready for many resamples.

    Attributes:
        codes, truth: (n,) the true class of each row, a position in the model's classes.
        present: (p,) those classes that have rows, ascending.
    """

    def __init__(self, codes: NDArray[np.int64], probabilities: Array) -> None:
        """Take the true classes (n,) and the probabilities (n, k) of the model's classes."""
        self.codes = self.truth = codes
        self.present, self._class_of_row = np.unique(codes, return_inverse=True)
        self._classes = probabilities.shape[1]
        predicted = probabilities.argmax(axis=1)
        self._cells = _Groups(codes * self._classes + predicted)
        self._losses = calibration.row_losses(codes, probabilities)
        confidence = probabilities.max(axis=1)
        self._gap = (confidence - (predicted == codes))[:, None]
        self._bins = _Groups(calibration.bin_of(confidence))
        self._probabilities = probabilities
        self._pairs: list[Against] = []
        self._ranked: list[Ranked] = []

    def figures(self, weights: Array, areas: Collection[str] = AREAS) -> Figures:
        """Return the figures that the rows have with these weights.

        Definitions are those of pipeline.judging.metrics.

        Args:
            weights: (n, b), whole numbers with a positive sum in each column. A class without
                weight is not there: its figures are NaN, and the others' means run without it.
            areas: those of AREAS that are wanted; with auc comes class_auc.

        Returns:
            auc, accuracy, precision, recall, f1, balanced_accuracy, average_precision, mcc,
            log_loss, brier, ece as (b,); class_precision,
            class_recall, class_f1, class_auc as (p, b); gaps, whose distances from 0 add up to the
            ece, as (bins, b). With one class present no areas.
        """
        figures = self._confusion_figures(weights)
        total = weights.sum(axis=0)
        for name, losses in self._losses.items():
            figures[name] = np.einsum("nb,n->b", weights, losses) / total
        figures["gaps"] = self._bins.sums(weights * self._gap) / total
        figures["ece"] = np.abs(figures["gaps"]).sum(axis=0)
        if "auc" in areas and len(self.present) > 1:
            figures |= self._areas(weights)
        if "average_precision" in areas and len(self.present) > 1:
            figures["average_precision"] = self._average_precision(weights)
        return figures

    def _confusion_figures(self, weights: Array) -> Figures:
        size = self._classes
        cells = np.zeros((size * size, weights.shape[1]))
        cells[self._cells.values] = self._cells.sums(weights)
        confusion = cells.reshape(size, size, -1)
        hits = confusion[self.present, self.present]
        true, predicted = confusion.sum(axis=1)[self.present], confusion.sum(axis=0)[self.present]
        there = positive(true)
        each = {
            "class_precision": hits / np.maximum(predicted, 1) * (there / there),  # never: 0
            "class_recall": hits / there,
            "class_f1": 2 * hits / (there + predicted),
        }
        macro = {n.removeprefix("class_"): _mean(figures) for n, figures in each.items()}
        return each | macro | {
            "accuracy": hits.sum(axis=0) / true.sum(axis=0),
            "balanced_accuracy": macro["recall"], "mcc": _correlation(confusion),
        }  # fmt: skip

    def _average_precision(self, weights: Array) -> Array:
        if not self._ranked:
            self._ranked = [
                Ranked(self._probabilities[:, code], self.codes == code) for code in self.present
            ]
        return _mean(np.stack([ranked.average_precision(weights) for ranked in self._ranked]))

    def _areas(self, weights: Array) -> Figures:
        if not self._pairs:
            order = np.argsort(self._class_of_row, kind="stable")
            self._starts = np.searchsorted(self._class_of_row[order], np.arange(len(self.present)))
            scores = self._probabilities[order].T
            self._order = order
            ends = [*self._starts[1:], len(order)]
            self._pairs = [
                Against(scores[code], slice(start, end))
                for code, start, end in zip(self.present, self._starts, ends, strict=True)
            ]
        ordered = weights[self._order]
        sizes = np.add.reduceat(ordered, self._starts)
        wins = np.stack([pair.wins(ordered, self._starts) for pair in self._pairs])  # (p, p, b)
        others = ~np.eye(len(self.present), dtype=bool)
        against_all = wins.sum(axis=1) / positive(sizes * (sizes.sum(axis=0) - sizes))
        if self._classes == 2:  # one pair only: the area of the second class, as in metrics
            return {"class_auc": against_all, "auc": against_all[1]}
        pairs = (wins / positive(sizes[:, None] * sizes))[others]
        return {"class_auc": against_all, "auc": _mean(pairs)}


def _correlation(confusion: Array) -> Array:
    """Return Matthews' correlation of (k, k, b) counts, (b,); 0 where one side is one class."""
    rows = confusion.sum(axis=(0, 1))
    true, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    together = np.trace(confusion) * rows - (true * predicted).sum(axis=0)
    apart = (rows**2 - (true**2).sum(axis=0)) * (rows**2 - (predicted**2).sum(axis=0))
    correlation: Array = together / np.sqrt(np.where(apart > 0, apart, 1))
    return correlation


def _mean(figures: Array) -> Array:
    """Return the means over the first axis of what is there; NaN where nothing is."""
    there = ~np.isnan(figures)
    if there.all():
        return np.asarray(figures.mean(axis=0))
    counts = there.sum(axis=0)
    means: Array = np.where(there, figures, 0).sum(axis=0) / positive(counts.astype(float))
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
