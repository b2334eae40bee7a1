import numpy as np
import pytest

from pipeline.judging.pictures import curves
from pipeline.judging.predictions import Predictions

CODES = np.array([0, 0, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.65, 0.35], [0.2, 0.8]])


def test_curves_by_hand():
    predictions = Predictions(CODES, PROBABILITIES, np.array(["a", "b"]))
    (_, second) = curves.roc(predictions)
    # By falling score of b: right, wrong, right, wrong.
    assert second == {"class": "b", "x": [0, 0, 0.5, 0.5, 1], "y": [0, 0.5, 0.5, 1, 1]}
    (_, second) = curves.precision_recall(predictions)
    assert second["x"] == sorted(second["x"])
    assert {(0.5, 1.0), (1.0, 0.66667)} <= set(zip(second["x"], second["y"], strict=True))


@pytest.mark.parametrize("draw", [curves.roc, curves.precision_recall])
def test_a_curve_is_few_points_and_keeps_its_ends(draw):
    random = np.random.default_rng(0)
    codes, scores = random.integers(0, 3, 5000), random.random((5000, 3))
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    for curve in draw(Predictions(codes, probabilities, np.array(["a", "b", "c"]))):
        assert len(curve["x"]) == len(curve["y"]) == curves.MOST
        assert (curve["x"][0], curve["x"][-1]) == (0, 1)


@pytest.mark.parametrize("draw", [curves.roc, curves.precision_recall])
def test_what_has_no_curve(draw):
    three = np.column_stack([PROBABILITIES, np.zeros(4)])
    curves_of_two = draw(Predictions(CODES, three, np.array([4, 5, 6])))
    assert [curve["class"] for curve in curves_of_two] == [4, 5]
    assert draw(Predictions(CODES[:2], PROBABILITIES[:2], np.array([4, 5]))) == []
