"""Which trials are made: the same ones for any number of workers, and after any interruption."""

import random
from collections.abc import Iterable

import pytest

from pipeline.config.search.space import Parameter, Search
from pipeline.search import loop
from pipeline.search.trials import COMPLETE, FAILED, Trial, Values

SEARCH = Search(
    parameters={
        "depth": Parameter(low=1, high=30),
        "rate": Parameter(low=1e-4, high=1.0, log=True),
        "kind": Parameter(choices=[None, "gini", 2]),
        "share": Parameter(low=0.1, high=0.9, when={"kind": ["gini", 2]}),
    },
    metric="f1", seed=7, window=3, startup=4,
)  # fmt: skip
COUNT = 14


def score(values: Values) -> float:
    return -abs(float(values["depth"] or 0) - 12) - abs(float(values["rate"] or 0) - 0.1)


class Fake:
    """Trials of a simple function; which of those that run ends first is drawn."""

    def __init__(self, seed: int, instant: Iterable[int] = ()) -> None:
        self.random, self.instant = random.Random(seed), set(instant)
        self.running: list[Trial] = []
        self.most = 0

    def start(self, number: int, values: Values, limits: list[float]) -> None:
        assert limits == []
        value, state = score(values), COMPLETE
        if number % 5 == 3:
            value, state = None, FAILED
        self.running.append(Trial(number, values, state, value))
        self.most = max(self.most, len(self.running))

    def next_ended(self) -> Trial:
        at_once = [trial for trial in self.running if trial.number in self.instant]
        trial = self.random.choice(at_once or self.running)
        self.running.remove(trial)
        return trial


def table(workers: int, jobs: Fake, count: int = COUNT, own: Values | None = None) -> list[Trial]:
    found = list(loop.trials(SEARCH, own or {}, count, workers, jobs))
    assert sorted(t.number for t in found) == list(range(count))
    return sorted(found, key=lambda trial: trial.number)


@pytest.fixture(scope="module")
def alone() -> list[Trial]:
    return table(1, Fake(0))


@pytest.mark.parametrize(("workers", "seed"), [(2, 1), (3, 2), (8, 3)])
def test_the_trials_are_the_same_for_any_number_of_workers(
    alone: list[Trial], workers: int, seed: int
) -> None:
    jobs = Fake(seed)
    assert table(workers, jobs) == alone
    assert jobs.most == min(workers, SEARCH.window)


@pytest.mark.parametrize("done", [5, 9])
def test_the_trials_are_the_same_after_an_interruption(alone: list[Trial], done: int) -> None:
    assert table(2, Fake(3, instant=range(done))) == alone


def test_more_trials_go_on_where_fewer_ended(alone: list[Trial]) -> None:
    assert table(2, Fake(4), COUNT - 4) == alone[:-4]


def test_trials_are_within_the_space_and_get_better(alone: list[Trial]) -> None:
    for trial in alone:
        for name, value in trial.values.items():
            assert SEARCH.parameters[name].holds(value)
        assert ("share" in trial.values) == (trial.values["kind"] is not None)
        rate = trial.values["rate"]
        assert isinstance(rate, float)
        assert float(f"{rate:.4g}") == rate
    early, late = (max(t.value or -99 for t in part) for part in (alone[:5], alone[5:]))
    assert late > early
    assert len({str(t.values) for t in alone}) == COUNT


def test_the_first_trial_has_the_values_of_the_config_even_outside_the_space() -> None:
    own: Values = {"depth": 100, "rate": 0.1, "kind": None}
    assert table(2, Fake(5), 6, own)[0].values == own
