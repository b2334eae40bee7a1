"""How far figures of merit may be off: a bootstrap over the rows, the same one for several models.

Rows are drawn again within each class (stratified), as the split drew them: class sizes stay as
they are, no class vanishes from a resample, and every figure is defined in each (Davison and
Hinkley, Bootstrap Methods and their Application, 1997, chapter 3; the default for ROC curves in
Robin et al., pROC, BMC Bioinformatics 12, 2011). Intervals are percentiles (Efron and Tibshirani,
An Introduction to the Bootstrap, 1993, chapter 13). What it takes for granted: rows are independent
inside a class, and class shares are given, not drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.judging.weighted_metrics import Array, Figures, WeightedMetrics

METHOD = "percentile, rows drawn again within each class"
CELLS = 200_000  # weights held at once: they stay in the processor's cache


@dataclass(frozen=True)
class Bootstrap:
    """How often rows are drawn again, from which seed, and how wide the intervals are."""

    resamples: int = 1000
    seed: int = 42
    confidence: float = 0.95

    def interval(self, figures: Array) -> tuple[Array, Array]:
        """Return the lower and upper bounds over the last axis, (...,) each."""
        tail = round(50 * (1 - self.confidence), 9)  # percent on each side
        low, high = np.percentile(figures, [tail, 100 - tail], axis=-1)
        return low, high


def weights(codes: NDArray[np.int64], resamples: int, seed: int) -> Iterator[Array]:
    """Yield, in pieces, how often each row is in each resample.

    Equal `codes` give equal weights: that is what pairs two models.

    Args:
        codes: (n,) the class of each row.
        resamples: how many in all.
        seed: of the generator.

    Yields:
        (n, b) whole numbers; the b of all pieces add up to `resamples`, and the weights of a
        class's rows to its size.
    """
    random = np.random.default_rng(seed)
    rows = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    at_once = max(CELLS // len(codes), 1)
    for begin in range(0, resamples, at_once):
        count = min(at_once, resamples - begin)
        piece = np.empty((len(codes), count))
        for members in rows:
            size = len(members)
            drawn = random.integers(0, size, (count, size)) + size * np.arange(count)[:, None]
            piece[members] = np.bincount(drawn.ravel(), minlength=count * size).reshape(-1, size).T
        yield piece


def distributions(
    models: Sequence[WeightedMetrics], resamples: int, seed: int, areas: bool = True
) -> list[Figures]:
    """Return each model's figures in every resample; resample i is the same rows for all models.

    Args:
        models: judged on the same rows in the same order.
        resamples: how many.
        seed: of the generator.
        areas: whether the areas under ROC curves, most of the work, are wanted.

    Returns:
        For each model: figure → (resamples,), or (classes present, resamples) for those of a class.
    """
    if any(not np.array_equal(m.codes, models[0].codes) for m in models):
        raise ValueError("models that are compared must be judged on the same rows")
    pieces = [
        [m.figures(w, areas) for m in models] for w in weights(models[0].codes, resamples, seed)
    ]
    return [
        {
            name: np.concatenate([piece[i][name] for piece in pieces], axis=-1)
            for name in pieces[0][i]
        }
        for i in range(len(models))
    ]
