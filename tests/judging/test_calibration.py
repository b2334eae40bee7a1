import numpy as np
import pytest
from sklearn import metrics as reference

from pipeline.judging.calibration import bin_of, calibration_error, reliability, row_losses

CODES = np.array([0, 0, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.9, 0.1], [0.91, 0.09], [0.3, 0.7]])


def test_the_calibration_error_by_hand():
    # Bin 13 (0.867 to 0.933) holds 0.9, 0.9, 0.91, of which two are right; bin 10 holds 0.7, right.
    expected = (abs(2.71 - 2) + abs(0.7 - 1)) / 4
    assert calibration_error(CODES, PROBABILITIES) == pytest.approx(expected, abs=1e-12)


def test_a_model_that_means_what_it_says_has_next_to_no_error():
    random = np.random.default_rng(0)
    chance = random.random(50_000)
    codes = (random.random(50_000) < chance).astype(int)
    probabilities = np.column_stack([1 - chance, chance])
    assert calibration_error(codes, probabilities) < 0.01
    assert calibration_error(1 - codes, probabilities) > 0.4


@pytest.mark.parametrize("classes", [2, 5])
def test_losses_are_those_of_scikit_learn(classes):
    random = np.random.default_rng(1)
    probabilities = random.dirichlet(np.ones(classes), 300)
    codes = random.integers(0, classes, 300)
    losses = row_losses(codes, probabilities)
    brier = reference.brier_score_loss(
        codes, probabilities[:, 1] if classes == 2 else probabilities, labels=range(classes)
    )
    assert losses["brier"].mean() == pytest.approx(brier, abs=1e-12)
    expected = reference.log_loss(codes, probabilities)
    assert losses["log_loss"].mean() == pytest.approx(expected, abs=1e-12)


def test_bins_are_closed_at_both_ends():
    assert bin_of(np.array([0.0, 1 / 30, 0.5, 1.0])).tolist() == [0, 0, 7, 14]


def test_reliability_by_hand():
    whole, first, second = reliability(CODES, PROBABILITIES, ["a", "b"])
    assert whole == {
        "class": "all",
        "predicted": [0.7, pytest.approx(2.71 / 3, abs=1e-6)],
        "observed": [1.0, pytest.approx(2 / 3, abs=1e-6)],
        "rows": [1, 3],
    }
    assert (first["class"], first["rows"], first["observed"]) == ("a", [1, 3], [0.0, 0.666667])
    assert (second["class"], second["rows"]) == ("b", [3, 1])


def test_a_class_without_rows_has_no_line():
    names = [one["class"] for one in reliability(CODES[:2], PROBABILITIES[:2], [3, 7])]
    assert names == ["all", 3]
