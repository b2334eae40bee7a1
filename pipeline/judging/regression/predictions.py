"""What a model that predicts numbers says about some rows, beside the truth."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.judging.evaluation import Label

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """What is stored of the prediction intervals of a model: they are all of one width.

    Attributes:
        alpha: the share of new rows that may lie outside.
        half_width: of the intervals around what is predicted.
        rows: that it was found on.
    """

    alpha: float
    half_width: float
    rows: int


@dataclass(frozen=True)
class RegressionPredictions:
    """The true numbers of rows and those that a model gives them.

    Attributes:
        truth: (n,).
        predicted: (n,).
        quantile: what the model predicts of the target, such as 0.9; None: its mean.
        interval: the prediction intervals around `predicted`; None: there are none.
    """

    truth: Floats
    predicted: Floats
    quantile: float | None = None
    interval: Interval | None = None

    @classmethod
    def of(
        cls, truth: NDArray[np.generic], said: Floats, quantile: float | None = None
    ) -> "RegressionPredictions":
        """Return predictions, (n, 1), beside (n,) true numbers; errors as numbers_of."""
        return cls(numbers_of(truth), said[:, 0], quantile)

    @property
    def codes(self) -> NDArray[np.int64]:
        """(n,) zeros: there are no classes, rows are drawn from all."""
        return np.zeros(len(self.truth), np.int64)

    @property
    def labels(self) -> list[Label]:
        """Nothing: there are no classes."""
        return []

    known = labels

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "RegressionPredictions":
        """Return the predictions of some rows: an (n,) mask, their positions, or a slice."""
        return replace(self, truth=self.truth[rows], predicted=self.predicted[rows])

    def saying(self, said: Floats) -> "RegressionPredictions":
        """Return what another model says of the same rows, (n, 1) numbers without intervals."""
        return replace(self, predicted=said[:, 0], interval=None)

    def table(self) -> pd.DataFrame:
        """Return a row for each, in their order: truth, prediction; what else is known."""
        columns = {"truth": self.truth, "prediction": self.predicted}
        if self.interval is not None:
            columns["lower"] = self.predicted - self.interval.half_width
            columns["upper"] = self.predicted + self.interval.half_width
        if self.quantile is not None:
            columns["quantile"] = np.full(len(self.truth), self.quantile)
        return pd.DataFrame(columns)

    def support(self) -> NDArray[np.int64]:
        """Return how many rows there are, (1,)."""
        return np.array([len(self.truth)])


def numbers_of(truth: NDArray[np.generic]) -> Floats:
    """Return a target's (n,) values as numbers.

    Raises:
        InputError: there are none, some are no number or infinite.
    """
    if not len(truth):
        raise InputError("the table has no rows: there is nothing to evaluate; give it some")
    plain = truth.dtype.kind in "iufb"
    if not plain and not all(isinstance(v, int | float | np.number) for v in truth.tolist()):
        raise InputError(
            f"the target holds {str(truth[0])!r}, which is no number, but the model predicts "
            "numbers: choose a classifier, such as model=random_forest"
        )
    values = truth.astype(np.float64)
    if infinite := int(np.isinf(values).sum()):
        raise InputError(
            f"the target is infinite in {infinite} of {len(values)} rows; remove or correct them"
        )
    return values


def quantile_of(estimator: "BaseEstimator") -> float | None:
    """Return the quantile that an estimator predicts; None if it predicts the mean."""
    parameters = estimator.get_params(deep=False)
    if type(estimator).__name__ == "QuantileRegressor":
        return float(parameters["quantile"])
    if parameters.get("loss") != "quantile":
        return None
    named = parameters.get("quantile", parameters.get("alpha"))
    return None if named is None else float(named)
