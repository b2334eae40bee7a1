import json
import math

import numpy as np
import pytest

from evaluate.intervals import estimates
from pipeline.judging import bootstrap, paired
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.metrics import classification_metrics
from pipeline.judging.predictions import Predictions

HOW = Bootstrap(resamples=100, seed=1)


def made_up(sizes, seed=0):
    """Codes with that many rows of each class, and probabilities better than chance."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    scores = random.random((len(codes), len(sizes)))
    scores[np.arange(len(codes)), codes] += 0.4
    return codes, scores / scores.sum(axis=1, keepdims=True)


def estimates_of(codes, probabilities, classes, how):
    return estimates(Predictions(codes, probabilities, np.asarray(classes)), how)


def all_figures(whole, each):
    return [*whole.values(), *(figure for figures in each for figure in figures.values())]


@pytest.mark.parametrize("classes", [["a", "b"], [0, 1], [False, True], ["x", "y", "z"], [3, 5, 9]])
def test_the_values_are_the_metrics_and_lie_inside_their_intervals(classes):
    codes, probabilities = made_up([150] * len(classes))
    whole, each = estimates_of(codes, probabilities, classes, HOW)
    found = classification_metrics(Predictions(codes, probabilities, np.asarray(classes)))
    for name, figure in whole.items():
        assert figure["value"] == found[name]
        assert figure["low"] < figure["high"]
        if name != "ece":  # too high in resamples: its note says so
            assert figure["low"] <= figure["value"] <= figure["high"]
            assert figure["note"] is None
    assert "15 bins" in whole["ece"]["note"]
    for label, figures in zip(classes, each, strict=True):
        for name, figure in figures.items():
            assert figure["value"] == found[f"{name}/{label}"]
            assert figure["low"] <= figure["value"] <= figure["high"]


def test_a_class_that_no_row_has():
    codes, probabilities = made_up([30, 30, 0])
    whole, each = estimates_of(codes, probabilities, ["a", "b", "c"], HOW)
    nothing = {"value": None, "low": None, "high": None}
    for figure in each[2].values():
        assert figure == {**nothing, "note": "not defined: no rows of this class"}
    assert whole["auc"]["low"] < whole["auc"]["value"] < whole["auc"]["high"]
    assert each[1]["f1"]["low"] is not None


def test_a_class_with_one_row_has_values_but_no_interval():
    codes, probabilities = made_up([60, 60, 1])
    whole, each = estimates_of(codes, probabilities, ["a", "b", "c"], HOW)
    for figure in each[2].values():
        assert figure["value"] is not None
        assert (figure["low"], figure["high"]) == (None, None)
        assert figure["note"] == "no interval: one single row of this class"
    assert whole["f1"]["note"] == "1 class has one single row: the true interval is wider"


def test_a_class_with_few_rows_says_so():
    _, each = estimates_of(*made_up([30, 5]), ["a", "b"], HOW)
    assert each[1]["recall"]["note"] == "5 rows of this class: the interval is rough"
    assert each[0]["recall"]["note"] is None


def test_a_class_that_is_never_predicted():
    codes = np.array([0] * 20 + [1] * 20)
    _, each = estimates_of(codes, np.tile([0.6, 0.4], (40, 1)), ["a", "b"], HOW)
    assert each[1]["precision"] == {
        "value": 0.0,
        "low": None,
        "high": None,
        "note": "never predicted: counted as 0",
    }
    assert each[1]["auc"]["value"] == 0.5  # all ties


def test_a_perfect_score_is_not_taken_for_certain():
    codes = np.array([0] * 20 + [1] * 20)
    _, each = estimates_of(codes, np.eye(2)[codes] * 0.8 + 0.1, ["a", "b"], HOW)
    for figure in each[1].values():
        assert (figure["value"], figure["low"], figure["high"]) == (1, 1, 1)
        assert figure["note"] == "all resamples agree: the true interval is wider"


def test_one_single_class():
    whole, each = estimates_of(np.zeros(20, dtype=int), made_up([20, 0])[1], ["a", "b"], HOW)
    for figure in (whole["auc"], each[0]["auc"]):
        assert figure["value"] is None
        assert figure["note"] == "not defined: all rows are of one class"
    assert whole["accuracy"]["low"] is not None


@pytest.mark.parametrize("sizes", [[1, 0], [1, 1], [0, 1, 1], [2, 1, 0, 40], [1, 25]])
def test_nothing_is_ever_nan(sizes):
    codes, probabilities = made_up(sizes)
    figures = all_figures(*estimates_of(codes, probabilities, list(range(len(sizes))), HOW))
    json.dumps(figures, allow_nan=False)
    for figure in figures:
        for bound in ("value", "low", "high"):
            assert figure[bound] is None or math.isfinite(figure[bound])
        if None in (figure["value"], figure["low"], figure["high"]):
            assert figure["note"]


def test_few_rows_say_that_the_interval_is_too_narrow():
    whole, _ = estimates_of(*made_up([30, 30]), ["a", "b"], HOW)
    assert whole["auc"]["note"] == "interval too narrow: fewer than 200 rows"
    assert whole["f1"]["note"] == "interval too narrow: fewer than 100 rows"
    assert whole["log_loss"]["note"] == "interval too narrow: fewer than 300 rows"
    assert whole["ece"]["note"].endswith(
        "when rows are few; interval too narrow: fewer than 100 rows"
    )
    whole, _ = estimates_of(*made_up([100, 100]), ["a", "b"], HOW)
    assert whole["auc"]["note"] is None
    assert whole["log_loss"]["note"] == "interval too narrow: fewer than 300 rows"


def test_a_slice_does_not_fix_how_many_rows_a_class_has():
    """Where one class is always right and the other never, accuracy is the first one's share."""
    codes = np.array([0] * 60 + [1] * 60)
    said = Predictions(codes, np.tile([0.9, 0.1], (120, 1)), np.array(["a", "b"]))
    whole, _ = estimates(said, HOW)
    assert whole["accuracy"]["low"] == whole["accuracy"]["high"] == 0.5
    part, each = estimates(said, HOW, within_classes=False)
    assert part["accuracy"]["low"] < 0.45 < 0.55 < part["accuracy"]["high"]
    assert part["accuracy"]["value"] == 0.5
    assert each[0]["recall"]["low"] == 1


@pytest.mark.parametrize("sizes", [[2, 1, 1], [1, 30, 0], [1, 1, 60]])
def test_a_class_may_vanish_from_resamples_of_a_slice(sizes):
    codes, probabilities = made_up(sizes)
    said = Predictions(codes, probabilities, np.arange(len(sizes)))
    figures = all_figures(*estimates(said, HOW, within_classes=False))
    json.dumps(figures, allow_nan=False)


def test_the_interval_of_the_calibration_error_holds_a_true_error_of_nothing():
    """Its resamples are all above what is true: their percentiles never hold it."""
    held = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        first = random.random(400)
        codes = (random.random(400) >= first).astype(np.int64)
        said = Predictions(codes, np.column_stack([first, 1 - first]), np.arange(2))
        whole, _ = estimates(said, HOW)
        held += whole["ece"]["low"] == 0
        assert 0 <= whole["ece"]["low"] <= whole["ece"]["high"]
    assert held >= 34


def test_the_same_seed_gives_the_same_bounds():
    codes, probabilities = made_up([30, 30])
    one, again = (estimates_of(codes, probabilities, ["a", "b"], HOW) for _ in range(2))
    assert one == again
    other = estimates_of(codes, probabilities, ["a", "b"], Bootstrap(100, 2))
    assert one != other


def test_of_very_many_rows_a_sample_is_drawn_again(monkeypatch):
    """The values are those of all rows, and in the middle of what the sample's resamples say."""
    codes, probabilities = made_up([2000, 1000, 5])
    said = Predictions(codes, probabilities, np.asarray(["a", "b", "c"]))
    _, before = estimates(said, HOW)
    monkeypatch.setattr(bootstrap, "MOST", 600)
    whole, each = estimates(said, HOW)
    assert (whole, each) == estimates(said, HOW)
    found = classification_metrics(said)
    for figures, label in [(whole, None), *zip(each, "abc", strict=True)]:
        for name, figure in figures.items():
            assert figure["value"] == found[f"{name}/{label}" if label else name]
    some = bootstrap.some_rows(said, 1)
    assert some.support().tolist() == [399, 200, 1]
    assert each[0]["f1"]["low"] < each[0]["f1"]["value"] < each[0]["f1"]["high"]
    wide, narrow = (one[0]["recall"]["high"] - one[0]["recall"]["low"] for one in (each, before))
    assert narrow < wide < 4 * narrow  # of a fifth of the rows: about twice as wide
    other = said.saying(np.roll(probabilities, 1, axis=1))
    plain, drawn = paired.drawn(said, other, HOW, [])
    assert plain[0]["accuracy"] == pytest.approx(classification_metrics(some)["accuracy"])
    assert all(len(figures["accuracy"]) == 100 for figures in drawn)
