"""The candidate against the champion: on which rows, and what is said where it cannot be."""

import numpy as np
import pytest

from evaluate import comparison
from evaluate.comparison import Rival, against
from pipeline.config.evaluate import Gate
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.predictions import Predictions

HOW = Bootstrap(resamples=100, seed=1)


def made_up(rows=300, skill=1.0, seed=0):
    random = np.random.default_rng(seed)
    codes = np.arange(rows) % 3
    scores = random.normal(size=(rows, 3))
    scores[np.arange(rows), codes] += skill
    odds = np.exp(scores)
    return Predictions(codes, odds / odds.sum(axis=1, keepdims=True), np.array(["a", "b", "c"]))


def rival(unseen, predictions):
    return Rival("model:v1", said=predictions.probabilities, unseen=unseen)


def test_without_a_champion_there_is_nothing_to_say():
    assert against(None, made_up(), Gate(), HOW) == (None, None)


@pytest.mark.parametrize("reason", ["knows other classes: not compared", "cannot judge"])
def test_a_champion_that_cannot_be_compared_is_named_with_the_reason(reason):
    expected = (None, f"model:v1 {reason}")
    assert against(Rival("model:v1", reason), made_up(), Gate(), HOW) == expected


def test_rows_that_the_champion_was_trained_on_do_not_count():
    candidate, champion = made_up(), made_up(skill=0.1, seed=1)
    unseen = np.arange(300) >= 120
    # On its training rows the champion is always right.
    probabilities = champion.probabilities.copy()
    probabilities[~unseen] = np.eye(3)[candidate.codes[~unseen]]
    found, note = against(
        Rival("model:v1", said=probabilities, unseen=unseen), candidate, Gate(), HOW
    )
    assert note == ("compared on the 180 of 300 test rows that model:v1 was not trained on")
    assert found == comparison.compare(candidate.part(unseen), champion.part(unseen), Gate(), HOW)
    assert found["difference"] > 0


def test_all_rows_are_compared_without_a_note():
    candidate = made_up()
    found, note = against(rival(np.ones(300, bool), made_up(seed=1)), candidate, Gate(), HOW)
    assert note is None
    assert found == comparison.compare(candidate, made_up(seed=1), Gate(), HOW)


def test_too_few_rows_are_not_compared():
    unseen = np.arange(300) < comparison.FEWEST - 1
    found, note = against(rival(unseen, made_up()), made_up(), Gate(), HOW)
    assert found is None
    assert note == "model:v1 was trained on all but 99 of the test rows: not compared"
    found, _ = against(rival(np.arange(300) < comparison.FEWEST, made_up()), made_up(), Gate(), HOW)
    assert found
