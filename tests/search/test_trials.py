"""What came of a trial, which one is best, and when one has no hope."""

from dataclasses import replace

import pytest

from pipeline.config.search.space import Parameter, Search
from pipeline.search import sampling
from pipeline.search.trials import COMPLETE, FAILED, PRUNED, Trial, judged, ranked, thresholds

SPACE = {"depth": Parameter(low=1, high=30)}
ROWS = Search(parameters=SPACE, metric="f1", seed=1, startup=2)
FOLDS = Search(parameters=SPACE, metric="cv_f1", seed=1, startup=2, folds=3)
SCORES = {"cv_f1_fold_1": 0.5, "cv_f1_fold_2": 0.7, "cv_f1_fold_3": 0.3}


def trial(number: int, state: str, value: float | None, *folds: float) -> Trial:
    return Trial(number, {"depth": number + 1}, state, value, folds)


def test_a_trial_has_the_figure_of_its_training() -> None:
    assert judged({"f1": 0.6, "auc": 0.9}, ROWS) == (COMPLETE, 0.6, [])
    assert judged({"auc": 0.9}, ROWS) == (FAILED, None, [])
    whole = {"f1": 0.9, "cv_f1": 0.5, "cv_folds_done": 3, **SCORES}
    assert judged(whole, FOLDS) == (COMPLETE, 0.5, pytest.approx([0.5, 0.6, 0.5]))


def test_a_trial_without_all_its_folds_was_stopped() -> None:
    stopped = {"cv_f1": 0.6, "cv_folds_done": 2, **SCORES}
    assert judged(stopped, FOLDS) == (PRUNED, None, pytest.approx([0.5, 0.6]))


def test_the_best_come_first_and_of_equals_the_earlier() -> None:
    trials = [trial(2, COMPLETE, 0.6), trial(3, COMPLETE, 0.7), trial(5, COMPLETE, 0.7)]
    trials += [
        trial(0, FAILED, None),
        trial(1, PRUNED, None, 0.9),
        trial(4, PRUNED, None, 0.5, 0.4),
    ]
    assert [t.number for t in ranked(trials, ROWS)] == [3, 5, 2, 4, 1, 0]
    loss = replace(ROWS, metric="log_loss")
    assert [t.number for t in ranked(trials, loss)][:3] == [2, 3, 5]


def test_a_trial_has_to_reach_the_median_of_those_complete() -> None:
    told = [trial(0, COMPLETE, 0.5, 0.4, 0.5, 0.5), trial(1, PRUNED, None, 0.1)]
    assert thresholds(FOLDS, told) == []
    told += [trial(2, COMPLETE, 0.7, 0.8, 0.7, 0.7), trial(3, COMPLETE, 0.6, 0.5, 0.6, 0.6)]
    assert thresholds(FOLDS, told) == [0.5, 0.6]  # not after the last
    assert thresholds(replace(FOLDS, prune=False), told) == []
    assert thresholds(replace(FOLDS, metric="f1"), told) == []


def test_optuna_is_told_of_all_and_what_is_outside_the_space_in_part() -> None:
    told = [trial(0, COMPLETE, 0.6), trial(1, PRUNED, None, 0.5, 0.4), trial(2, FAILED, None)]
    told.append(Trial(3, {"depth": None}, COMPLETE, 0.5))
    study = sampling.make_study(FOLDS, told)
    assert [t.state.name for t in study.trials] == ["COMPLETE", "PRUNED", "FAIL", "COMPLETE"]
    assert study.trials[1].intermediate_values == {1: 0.5, 2: 0.4}
    assert study.trials[3].params == {}
    assert study.best_value == 0.6
    drawn = [sampling.draw(FOLDS, 4, told[:n], []) for n in (3, 4)]
    assert drawn[0] == drawn[1]
