"""Figures of merit of a model that predicts numbers, as scikit-learn defines them."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.judging.ranks import Array
from pipeline.judging.regression.predictions import Floats, RegressionPredictions
from pipeline.judging.weighted_metrics import Figures


def regression_metrics(predictions: RegressionPredictions) -> dict[str, float]:
    """Compare numbers with the truth.

    Returns:
        Of a quantile first its pinball (the mean loss of Koenker and Bassett, 1978, by which it was
        fitted); rmse; mae; r2, not where all true values are the same; median_absolute_error;
        mape, not where a true value is 0; coverage: the share of the rows in the prediction
        interval, of a quantile the share at or below it; not where there is neither.

    Raises:
        InputError: a prediction that is not finite.
    """
    if not np.isfinite(predictions.predicted).all():
        raise InputError("the model predicts numbers that are not finite; choose another model or "
                         "scale its input (model.numeric.scaling=true)")  # fmt: skip
    figures = WeightedRegression(predictions).figures(np.ones((len(predictions.truth), 1)))
    return {name: float(values[0]) for name, values in figures.items()}


class WeightedRegression:
    """What one model says about some rows, made ready for many resamples.

    Attributes:
        codes: (n,) zeros: rows are drawn from all.
        truth: (n,) the true numbers; models are compared on the same ones.
    """

    def __init__(self, predictions: RegressionPredictions) -> None:
        self.codes, self.truth = predictions.codes, predictions.truth
        error = predictions.truth - predictions.predicted
        size = np.abs(error)
        self._means = {"mae": size}
        if predictions.quantile is not None:
            level = predictions.quantile
            self._means["pinball"] = np.maximum(level * error, (level - 1) * error)
        if self.truth.all():
            self._means["mape"] = size / np.abs(self.truth)
        if (covered := _covered(predictions)) is not None:
            self._means["coverage"] = covered.astype(np.float64)
        self._squares, self._quantile = error**2, predictions.quantile
        self._centred = self.truth - self.truth.mean()
        self._order = np.argsort(size, kind="stable")
        self._sorted = size[self._order]

    def figures(self, weights: Array, areas: Collection[str] = ()) -> Figures:
        """Return the figures that the rows have with these weights, (b,) each, as shown.

        Args:
            weights: (n, b), whole numbers with a positive sum in each column.
            areas: nothing; what the figures of a classifier are asked.
        """
        total = weights.sum(axis=0)
        found = {name: _sum(weights, rows) / total for name, rows in self._means.items()}
        squares = _sum(weights, self._squares)
        found["rmse"] = np.sqrt(squares / total)
        spread = _sum(weights, self._centred**2) - _sum(weights, self._centred) ** 2 / total
        if (self._centred != 0).any() and len(self.truth) > 1:
            found["r2"] = 1 - squares / np.where(spread > 0, spread, np.nan)
        found["median_absolute_error"] = self._median(weights, total)
        first = ["pinball"] if self._quantile is not None else []
        names = [*first, "rmse", "mae", "r2", "median_absolute_error", "mape", "coverage"]
        return {name: found[name] for name in names if name in found}

    def _median(self, weights: Array, total: Array) -> Array:
        """Return the medians of the absolute errors, each as often as its row's weight says."""
        reached = np.cumsum(weights[self._order], axis=0)
        low, high = ((reached < rank).sum(axis=0) for rank in ((total + 1) // 2, total // 2 + 1))
        median: Array = (self._sorted[low] + self._sorted[high]) / 2
        return median


def _covered(predictions: RegressionPredictions) -> NDArray[np.bool_] | None:
    if predictions.interval is not None:
        size = np.abs(predictions.truth - predictions.predicted)
        inside: NDArray[np.bool_] = size <= predictions.interval.half_width
        return inside
    return None if predictions.quantile is None else predictions.truth <= predictions.predicted


def _sum(weights: Array, rows: Floats) -> Array:
    summed: Array = np.einsum("nb,n->b", weights, rows)
    return summed
