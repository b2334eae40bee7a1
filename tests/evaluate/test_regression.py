"""A model that predicts numbers: its evaluation, its dummy, its champion, its gate."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.metrics import mean_pinball_loss, root_mean_squared_error

from evaluate import baseline, comparison, evaluate, gate
from evaluate.weaknesses import weaknesses
from pipeline.config.evaluate import Gate, Judging, OfSlices, Whole
from pipeline.config.model import Features, Model
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.paired import better, differences
from pipeline.judging.pictures import canvas, draw
from pipeline.judging.regression.predictions import Interval, RegressionPredictions
from pipeline.models import build
from train_random_forest import train

HOW = Bootstrap(resamples=100, seed=1)
TRAINED = np.arange(100.0)
SETTINGS = Judging(resamples=100, slice_resamples=100, permutation_repeats=2)


def said(error: float, rows: int = 200, seed: int = 0, **known) -> RegressionPredictions:
    random = np.random.default_rng(seed)
    truth = np.random.default_rng(9).uniform(10, 90, rows)
    return RegressionPredictions(truth, truth + random.normal(0, error, rows), **known)


@pytest.fixture(scope="module")
def found():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=300), "b": random.normal(size=300)})
    frame["part"] = np.where(frame["b"] > 0, "up", "down")
    frame["y"] = 5 * frame["a"] + random.normal(size=300) + 40
    ridge = Model(estimator={"_target_": "sklearn.linear_model.Ridge"}, text=None)
    model = train.fit(build.build_pipeline(Features(["a", "b"]), ridge, 7), frame[:150], "y")
    rest = frame[150:].reset_index(drop=True)
    judged = RegressionPredictions(
        rest["y"].to_numpy(), model.predict(rest), interval=Interval(0.05, 2.0, 99)
    )
    metrics = evaluate.task_of(judged).metrics(judged)
    subject = evaluate.Judged(model, "y", judged, metrics, rest, rest[["part"]])
    return evaluate.evaluation(subject, SETTINGS, 1)


def test_an_evaluation_has_figures_intervals_slices_and_importances_as_json(found) -> None:
    json.dumps(found, allow_nan=False)
    names = [row["metric"] for row in found["overall"]]
    assert names == ["rmse", "mae", "r2", "median_absolute_error", "mape", "coverage"]
    assert all(row["low"] <= row["value"] <= row["high"] for row in found["overall"])
    assert [part["value"] for part in found["slices"]] == ["down", "up"]
    assert list(found["slices"][0]["metrics"]) == ["rmse", "mae", "r2"]
    most, least = found["importances"]
    assert (most["feature"], least["feature"]) == ("a", "b")
    assert most["permutation"] > 0.5 > abs(least["permutation"])
    assert (found["classes"], found["per_class"], found["calibration"]) == ([], [], [])
    assert sum(found["residuals"]["counts"]) == 150
    assert any("highest rmse" in line for line in evaluate.log_lines({**found, "slices": [
        {**part, "small": False} for part in found["slices"]]}))  # fmt: skip


def test_its_pictures_can_be_drawn(found) -> None:
    pictures = draw.evaluation(found)
    assert [picture.name for picture in pictures] == [
        "predicted_true", "residuals", "residual_distribution", "feature_importance"
    ]  # fmt: skip
    assert "± 2" in pictures[0].caption
    assert canvas.png(pictures[1]) == canvas.png(draw.evaluation(found)[1])


def test_one_true_value_and_one_row_are_judged_too() -> None:
    for truth in (np.full(40, 3.0), np.array([3.0]), np.array([0.0, 1.0])):
        one = RegressionPredictions(truth, truth + 1)
        metrics = evaluate.task_of(one).metrics(one)
        whole, classes = evaluate.estimates(one, HOW, metrics)
        assert classes == []
        assert (whole["r2"]["value"] is None) == (len(set(truth)) < 2)
        assert draw.performance(evaluate.task_of(one).performance(one, metrics))


def test_the_dummy_is_scikit_learns(found) -> None:
    judged = said(3.0)
    mean = DummyRegressor().fit(np.zeros((100, 1)), TRAINED).predict(np.zeros((200, 1)))
    made = baseline.judge(judged, TRAINED, Gate(), HOW)
    assert (made["class"], made["metric"], made["beaten"]) == (49.5, "rmse", True)
    expected = root_mean_squared_error(judged.truth, mean)
    assert made["metrics"]["rmse"] == pytest.approx(expected, rel=1e-12)
    quantile = baseline.judge(said(3.0, quantile=0.9), TRAINED, Gate(), HOW)
    assert quantile["class"] == pytest.approx(np.quantile(TRAINED, 0.9))
    expected = mean_pinball_loss(judged.truth, np.full(200, quantile["class"]), alpha=0.9)
    assert (quantile["metric"], quantile["baseline"]) == ("pinball", pytest.approx(expected))


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2", "median_absolute_error", "mape"])
def test_only_a_model_that_looks_at_the_row_beats_it(metric: str) -> None:
    assert baseline.judge(said(3.0), TRAINED, Gate(metric=metric), HOW)["beaten"]
    constant = said(3.0).saying(np.full((200, 1), 30.0))
    made = baseline.judge(constant, TRAINED, Gate(metric=metric), HOW)
    assert "a baseline that always says 49.5" in str(baseline.not_beaten(made))


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2"])
def test_a_surely_worse_model_is_refused_in_the_right_direction(metric: str) -> None:
    good, bad, asked = said(3.0), said(6.0, seed=1), Gate(metric=metric)
    assert comparison.compare(bad, good, asked, HOW)["worse"]
    other = comparison.compare(good, bad, asked, HOW)
    assert (other["worse"], other["low"] > 0) == (False, True)
    assert {better(row) for row in differences(bad, good, HOW)[2]} == {True}


def test_a_margin_is_a_share_of_the_champions_error() -> None:
    champion = said(3.0)
    other = champion.saying(
        (champion.truth + 1.05 * (champion.predicted - champion.truth))[:, None]
    )
    one, ten = (comparison.compare(other, champion, Gate(margin=m), HOW) for m in (0.01, 0.1))
    assert (one["worse"], ten["worse"]) == (True, False)
    assert ten["margin"] == pytest.approx(0.1 * one["champion"])


def test_thresholds_are_held_in_the_right_direction(found) -> None:
    asked = Gate(overall=Whole(rmse=3.0, r2=0.99, coverage=0.5), slices=OfSlices(rmse=0.1))
    small = [{**part, "small": False} for part in found["slices"]]
    verdict = gate.decide({**found, "slices": small}, asked, None)
    assert [row["passed"] for row in verdict["thresholds"]] == [True, False, True, False, False]
    assert "r2 of all test rows is" in verdict["reasons"][0]
    assert "must be at least 0.99" in verdict["reasons"][0]
    assert "must be at most 0.1" in verdict["reasons"][1]


def test_fewer_than_thirty_rows_are_weak(found) -> None:
    assert list(weaknesses(found)) == []
    assert list(weaknesses({**found, "rows": 29})) == [
        "the test rows say little of the model: 29 rows, fewer than 30"
    ]
