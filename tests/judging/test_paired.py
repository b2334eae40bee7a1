"""Two models on the same rows: how far apart, and how sure that is."""

import numpy as np
import pytest

from pipeline.judging import metrics, paired
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.predictions import Predictions

HOW = Bootstrap(resamples=200, seed=1)


def model(skill: float, rows: int = 300, classes: int = 3, seed: int = 0) -> Predictions:
    random = np.random.default_rng(seed)
    codes = np.arange(rows) % classes
    scores = random.normal(size=(rows, classes))
    scores[np.arange(rows), codes] += skill
    odds = np.exp(scores)
    names = np.array(list("abc"[:classes]))
    return Predictions(codes, odds / odds.sum(axis=1, keepdims=True), names)


def test_figures_are_those_of_an_evaluation_and_differences_are_other_minus_first() -> None:
    first, other = model(1.0), model(2.0, seed=1)
    before, after, found = paired.differences(first, other, HOW)
    for figures, predictions in ((before, first), (after, other)):
        expected = metrics.classification_metrics(predictions)
        assert figures == pytest.approx({n: expected[n] for n in metrics.HEADLINE if n != "ece"})
    for row in found:
        assert row["value"] == after[row["metric"]] - before[row["metric"]]
        assert row["low"] <= row["value"] <= row["high"]
        assert row["note"] is None
    assert {paired.better(row) for row in found} == {True}, "a loss is better when it is lower"
    assert {paired.better(r) for r in paired.differences(other, first, HOW)[2]} == {False}


def test_a_pair_is_surer_than_its_parts() -> None:
    """Rows that are hard for both count the same for both."""
    first = model(1.0)
    other = Predictions(first.codes, first.probabilities.copy(), first.classes)
    other.probabilities[:6] = other.probabilities[:6, ::-1]
    row = next(r for r in paired.differences(first, other, HOW)[2] if r["metric"] == "brier")
    alone = paired.differences(first, model(1.0, seed=5), HOW)[2]
    apart = next(r for r in alone if r["metric"] == "brier")
    assert row["high"] - row["low"] < 0.2 * (apart["high"] - apart["low"])


def test_a_model_against_itself_is_no_better_and_no_worse() -> None:
    found = paired.differences(model(1.0), model(1.0), HOW)[2]
    assert {(r["value"], r["low"], r["high"], paired.better(r)) for r in found} == {
        (0.0, 0.0, 0.0, None)
    }


def test_few_rows_are_noted_and_one_of_each_class_has_no_interval() -> None:
    assert {r["note"] for r in paired.differences(model(1.0, 60), model(2.0, 60), HOW)[2]} <= {
        "interval too narrow: fewer than 100 rows",
        "all resamples agree: the true interval is wider",
    }
    for row in paired.differences(model(0.1, 3), model(2.0, 3), HOW)[2]:
        assert (row["low"], row["high"]) == (None, None)
        assert row["note"] == "no interval: one row of each class"


def test_with_one_class_there_is_no_area() -> None:
    only = model(1.0)
    one = only.part(only.codes == 0)
    assert "auc" not in paired.differences(one, one, HOW)[0]
