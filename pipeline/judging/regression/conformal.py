"""Prediction intervals by split conformal prediction.

The half-width is a quantile of the absolute residuals of rows that the model was not fitted on. A
new row lies in its interval with the probability that is asked for, on average over such tables, if
it and these rows come in no particular order (Lei et al., Distribution-Free Predictive Inference
for Regression, Journal of the American Statistical Association 113, 2018).
"""

import math

import numpy as np

from pipeline.judging.regression.predictions import Floats


def half_width(residuals: Floats, alpha: float) -> float | None:
    """Return the half-width of intervals that miss a share alpha of new rows.

    It is the ceil((n + 1) (1 - alpha))-th smallest absolute residual of n.

    Args:
        residuals: (n,) truth minus prediction, of rows that the model was not fitted on.
        alpha: in (0, 1).

    Returns:
        None where n is too small for such an interval to be finite.
    """
    rank = math.ceil(round((len(residuals) + 1) * (1 - alpha), 9))
    if rank > len(residuals):
        return None
    return float(np.partition(np.abs(residuals), rank - 1)[rank - 1])


def rows_needed(alpha: float) -> int:
    """Return how many rows an interval needs to be finite."""
    return math.ceil(round(1 / alpha, 9)) - 1
