"""Prediction intervals: the rank of the residual, and how often they hold on new rows."""

import numpy as np
import pytest

from pipeline.judging.regression.conformal import half_width, rows_needed


def test_the_half_width_is_a_residual_of_that_rank() -> None:
    residuals = np.arange(1.0, 100) * np.where(np.arange(99) % 2, 1, -1)
    assert half_width(residuals, 0.05) == 95  # of 100 places for a new row's, the 95th
    assert half_width(residuals, 0.1) == 90
    assert half_width(residuals[:19], 0.05) == 19
    assert half_width(residuals[:18], 0.05) is None
    assert (rows_needed(0.05), rows_needed(0.1)) == (19, 9)


@pytest.mark.parametrize("draw", ["normal", "standard_cauchy", "standard_exponential"])
def test_intervals_hold_for_95_percent_of_new_rows_whatever_the_residuals(draw: str) -> None:
    held = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        known, new = (getattr(random, draw)(size=size) for size in (120, 400))
        held.append(np.mean(np.abs(new) <= half_width(known, 0.05)))
    assert 0.93 <= np.mean(held) <= 0.97


def test_intervals_of_a_fitted_model_hold_for_95_percent_of_new_rows() -> None:
    """The same from the fit on: ridge on 200 rows, 100 that validate, over seeds."""
    held = []
    for seed in range(200):
        random = np.random.default_rng([7, seed])
        x = random.normal(size=(500, 3))
        y = x @ [3.0, -2.0, 0.5] + (1 + np.abs(x[:, 0])) * random.normal(size=500)
        fitted = np.linalg.lstsq(x[:200], y[:200], rcond=None)[0]
        errors = y - x @ fitted
        held.append(np.mean(np.abs(errors[300:]) <= half_width(errors[200:300], 0.05)))
    assert 0.93 <= np.mean(held) <= 0.97
