"""Figures of predicted numbers: scikit-learn's own, whatever the rows, and under weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from pipeline.errors import InputError
from pipeline.judging.regression.metrics import WeightedRegression, regression_metrics
from pipeline.judging.regression.predictions import (
    Interval,
    RegressionPredictions,
    numbers_of,
    quantile_of,
)

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=60)


@settings(max_examples=25, deadline=None)
@given(pairs=PAIRS, level=st.sampled_from([0.1, 0.5, 0.9]))
def test_figures_are_those_of_scikit_learn(pairs, level) -> None:
    truth, said = np.array(pairs).T
    found = regression_metrics(RegressionPredictions(truth, said, level))
    expected = {
        "rmse": reference.root_mean_squared_error(truth, said),
        "mae": reference.mean_absolute_error(truth, said),
        "median_absolute_error": reference.median_absolute_error(truth, said),
        "pinball": reference.mean_pinball_loss(truth, said, alpha=level),
        "coverage": float(np.mean(truth <= said)),
    }
    if len(set(truth)) > 1:
        expected["r2"] = reference.r2_score(truth, said)
    if truth.all():
        expected["mape"] = reference.mean_absolute_percentage_error(truth, said)
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert next(iter(found)) == "pinball"


def test_weights_are_repeated_rows() -> None:
    random = np.random.default_rng(0)
    truth, said = random.normal(50, 9, 40), random.normal(50, 9, 40)
    weights = random.integers(0, 4, (40, 7)).astype(float)
    weights[0] = 1
    found = WeightedRegression(RegressionPredictions(truth, said)).figures(weights)
    for column in range(7):
        rows = np.repeat(np.arange(40), weights[:, column].astype(int))
        alone = regression_metrics(RegressionPredictions(truth[rows], said[rows]))
        each = {name: values[column] for name, values in found.items()}
        assert each == pytest.approx(alone, rel=1e-12)


def test_what_is_not_defined_is_left_out() -> None:
    found = regression_metrics(RegressionPredictions(np.array([0.0, 0.0]), np.array([1.0, 2.0])))
    assert {"r2", "mape", "pinball", "coverage"}.isdisjoint(found)
    inside = RegressionPredictions(np.arange(4.0), np.zeros(4), interval=Interval(0.05, 2.0, 99))
    assert regression_metrics(inside)["coverage"] == 0.75
    assert list(inside.table()) == ["truth", "prediction", "lower", "upper"]
    with pytest.raises(InputError, match="not finite"):
        regression_metrics(RegressionPredictions(np.zeros(2), np.array([1.0, np.inf])))


def test_a_target_is_numbers() -> None:
    assert numbers_of(np.array([1, 2.5], object)).tolist() == [1.0, 2.5]
    for values, said in ((["a", "b"], "'a', which is no number"), ([1.0, np.inf], "infinite in 1")):
        with pytest.raises(InputError, match=said):
            numbers_of(np.array(values, object if said.startswith("'") else float))
    with pytest.raises(InputError, match="no rows"):
        numbers_of(np.array([]))


def test_the_quantile_of_an_estimator() -> None:
    from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor
    from sklearn.linear_model import QuantileRegressor, Ridge

    estimators = [
        HistGradientBoostingRegressor(loss="quantile", quantile=0.9),
        QuantileRegressor(quantile=0.2),
        GradientBoostingRegressor(loss="quantile", alpha=0.7), HistGradientBoostingRegressor(),
        GradientBoostingRegressor(), Ridge(),
    ]  # fmt: skip
    assert [quantile_of(one) for one in estimators] == [0.9, 0.2, 0.7, None, None, None]
