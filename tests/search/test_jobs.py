"""Trials as jobs of a sweep: what they are asked, and what came of them."""

from typing import Any

import pytest

from pipeline.config.search.space import Parameter, Search
from pipeline.search.jobs import TrialJobs
from pipeline.search.trials import COMPLETE, FAILED, PRUNED
from pipeline.sweep.job import Asked, Ended

SPACE = {"max_depth": Parameter(low=1, high=9)}


class FakePool:
    """Keeps what is asked of it, and says that it ended as the test wants it."""

    def __init__(self, metrics: dict[str, float], error: str = "") -> None:
        self.asked: list[Asked] = []
        self.ended: list[Ended] = []
        self.metrics, self.error = metrics, error

    def start(self, asked: Asked) -> None:
        self.asked.append(asked)

    def next_ended(self) -> Ended:
        record = {"metrics": self.metrics, "inputs": [{"digest": "abc"}]}
        outcome = "failed" if self.error else "cached"
        self.ended.append(Ended(self.asked[-1], outcome, 1.5, "", record, self.error))
        return self.ended[-1]


def trial_jobs(pool: Any, metric: str) -> TrialJobs:
    return TrialJobs(pool, Search(parameters=SPACE, metric=metric, folds=3), ["a=1"])


def test_trials_by_folds_are_told_when_to_stop() -> None:
    pool = FakePool({})
    trials = trial_jobs(pool, "cv_f1")
    trials.start(0, {"max_depth": 4}, [])
    trials.start(1, {"max_depth": 5}, [0.5, 0.6])
    assert pool.asked[0].overrides == ("a=1", "model.estimator.max_depth=4", "model.folds=3")
    stop = ("model.stop_below=[0.5, 0.6]", "model.stop_metric=f1")
    assert pool.asked[1].overrides[-2:] == stop
    assert pool.asked[1].varied == ("model.estimator.max_depth=5",)


@pytest.mark.parametrize(
    ("metrics", "error", "state", "said"),
    [
        ({"f1": 0.5}, "", COMPLETE, ""),
        ({"f1": 0.5}, "it broke", FAILED, "it broke"),
        ({"auc": 0.5}, "", FAILED, "its training has no f1: there are auc"),
        ({"cv_f1": 0.4, "cv_folds_done": 1, "cv_f1_fold_1": 0.4}, "", PRUNED, ""),
    ],
)
def test_what_came_of_a_trial(metrics: dict[str, float], error: str, state: str, said: str) -> None:
    metric = "cv_f1" if "cv_f1" in metrics else "f1"
    pool = FakePool(metrics, error)
    trials = trial_jobs(pool, metric)
    trials.start(0, {"max_depth": 4}, [])
    trial = trials.next_ended()
    assert (trial.state, trial.error, trial.seconds) == (state, said, 1.5)
    assert trials.data == ("" if state == FAILED else "abc")
    shown = pool.ended[0]  # in the table a trial that was stopped has no rank
    assert (metric in shown.metrics) == (state != PRUNED and metric in metrics)
    assert shown.error == said
