"""How far figures of merit may be off: a bootstrap over the rows, the same one for several models.

Rows are drawn again within each class (stratified), as the split drew them: class sizes stay as
they are, no class vanishes from a resample, and every figure is defined in each (Davison and
Hinkley, Bootstrap Methods and their Application, 1997, chapter 3; the default for ROC curves in
Robin et al., pROC, BMC Bioinformatics 12, 2011). A part of the rows, such as a slice, fixes no
class sizes: its rows are drawn again from all of them, and figures run over the classes that a
resample has. Intervals are expanded percentiles: as much wider as Student's distribution and the
factor n / (n - 1) ask for (Hesterberg, What Teachers Should Know About the Bootstrap, The American
Statistician 69, 2015). The calibration error, whose resamples are all too high, has an interval of
its own: calibration_interval. What is taken for granted: rows are independent inside a class, and
class shares of the whole are given, not drawn. benchmarks/coverage.py measures what comes of it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from pipeline import progress
from pipeline.judging.permuting.draws import Draws
from pipeline.judging.ranks import Array
from pipeline.judging.tasks import AnyPredictions
from pipeline.judging.weighted_metrics import AREAS, Figures

METHOD = (
    "expanded percentiles, rows drawn again within each class, in slices from all rows; ece by "
    "test inversion"
)
OF_NUMBERS = "expanded percentiles, rows drawn again from all rows"
SCALES = np.linspace(0, 2.5, 126)  # true miscalibrations that are tried, in parts of what is seen
MOST = 500_000  # rows that are drawn again; of more, a sample: its intervals are a little wider
CELLS = 200_000  # weights held at once: they stay in the processor's cache


class Weighted(Protocol):
    """What a model says about rows, ready for resamples: of classes (n,) codes, or all zeros."""

    @property
    def codes(self) -> NDArray[np.int64]:
        """What rows are drawn within."""

    @property
    def truth(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """(n,) the truth: models are compared on the same rows."""

    def figures(self, weights: Array, areas: Collection[str] = AREAS) -> Figures:
        """Return the figures that the rows have with (n, b) weights."""


@dataclass(frozen=True)
class Bootstrap:
    """How often rows are drawn again, from which seed, and how wide the intervals are."""

    resamples: int = 1000
    seed: int = 42
    confidence: float = 0.95

    def interval(self, figures: Array, rows: int = 0) -> tuple[Array, Array]:
        """Return the lower and upper bounds over the last axis, (...,) each.

        Args:
            figures: of the resamples; NaN where one has none.
            rows: how many they were drawn from, which widens the interval; 0: plain percentiles.
        """
        tail = (1 - self.confidence) / 2
        if rows > 1:
            tail = float(ndtr(stdtrit(rows - 1, tail) * np.sqrt(rows / (rows - 1))))
        percent = round(100 * tail, 9)
        low, high = np.nanpercentile(figures, [percent, 100 - percent], axis=-1)
        return low, high

    def calibration_interval(self, gaps: Array, drawn: Array) -> tuple[float, float]:
        """Return the bounds of the calibration error: the true ones that what is seen speaks for.

        The error is a sum of distances, so chance makes it larger: in the sample than in truth, and
        in a resample than in the sample. So true errors are tried; the resamples say how far chance
        moves them. One belongs to the interval if what is seen is none of its rare outcomes (test
        inversion: Davison and Hinkley, 1997, section 5.5). Which bins are off is not known: the
        error is tried once where it is seen, once spread over the bins as chance is.

        Args:
            gaps: (bins, 1) sums of probability minus outcome, as parts of the rows.
            drawn: (bins, b) the same of the resamples.
        """
        seen, noise = float(np.abs(gaps).sum()), drawn - gaps
        tail = round(50 * (1 - self.confidence), 9)
        spread = np.where(gaps < 0, -1, 1) * noise.std(axis=1, keepdims=True)
        fits = [0.0] if seen == 0 else []
        for shape in (gaps, spread):
            if size := float(np.abs(shape).sum()):
                true = shape * (seen / size)
                tried = [np.abs(scale * true + noise).sum(axis=0) for scale in SCALES]
                low, high = np.percentile(tried, [tail, 100 - tail], axis=1)
                fits += SCALES[(low <= seen) & (seen <= high)].tolist()
        return min(fits, default=0.0) * seen, max(fits, default=0.0) * seen


def some_rows(said: AnyPredictions, seed: int) -> AnyPredictions:
    """Return the predictions whose rows are drawn again: of more than MOST a sample by class.

    Args:
        said: predictions of either kind, of (n,) rows.
        seed: of the sample; equal `codes` give equal rows.
    """
    if len(said.codes) <= MOST:
        return said
    draws = Draws(most_rows=MOST, seed=seed)
    return said.part(draws.rows(said.codes, draws.generator(0)))


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
    models: Sequence[Weighted],
    resamples: int,
    seed: int,
    areas: Collection[str] = AREAS,
    within_classes: bool = True,
) -> list[Figures]:
    """Return each model's figures in every resample; resample i is the same rows for all models.

    Args:
        models: judged on the same rows in the same order.
        resamples: how many.
        seed: of the generator.
        areas: those of AREAS that are wanted.
        within_classes: whether class sizes are given; else rows are drawn from all.

    Returns:
        For each model: figure → (resamples,), or (classes present, resamples) for those of a class.
    """
    if any(not np.array_equal(m.truth, models[0].truth) for m in models):
        raise ValueError("models that are compared must be judged on the same rows")
    strata = models[0].codes if within_classes else np.zeros_like(models[0].codes)
    drawn = progress.counted(
        weights(strata, resamples, seed), "resamples", resamples, lambda piece: piece.shape[1]
    )
    pieces = [[m.figures(w, areas) for m in models] for w in drawn]
    return [
        {
            name: np.concatenate([piece[i][name] for piece in pieces], axis=-1)
            for name in pieces[0][i]
        }
        for i in range(len(models))
    ]
