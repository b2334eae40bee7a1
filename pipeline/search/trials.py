"""The trials of a search: what was tried, what came of it, and which is best."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from pipeline.config.search.space import Search, Value

COMPLETE, PRUNED, FAILED = "complete", "stopped early", "failed"
FOLDS_DONE = "cv_folds_done"  # a figure of training with folds
Values = Mapping[str, Value]  # name of a parameter → its value; only those that apply


@dataclass(frozen=True)
class Trial:
    """A trial that has ended.

    Attributes:
        number: from 0.
        values: of its parameters.
        state: COMPLETE, PRUNED (hopeless after some folds) or FAILED.
        value: of the search's metric; None unless it is complete.
        folds: the mean of the metric over the folds 1 to k, for each k; empty without folds.
        seconds: that it took.
        mlflow_run: its id; empty if earlier executions served it.
        error: one line of one that failed.
        cached: whether earlier executions served it.
    """

    number: int
    values: Values
    state: str
    value: float | None
    folds: tuple[float, ...] = ()
    seconds: float = 0.0
    mlflow_run: str = ""
    error: str = ""
    cached: bool = False

    @property
    def reached(self) -> float | None:
        """Its value, or as far as it got the mean over its folds."""
        return self.folds[-1] if self.value is None and self.folds else self.value


def judged(metrics: Mapping[str, float], search: Search) -> tuple[str, float | None, list[float]]:
    """Return the state, the value and the running means over folds of a trial that went well.

    Args:
        metrics: of its training.
        search: says by which of them trials are compared.
    """
    metric, done = str(search.metric), int(metrics.get(FOLDS_DONE, 0))
    names = (f"{metric}_fold_{k}" for k in range(1, done + 1))
    scores = [metrics[name] for name in names if name in metrics]  # a fold of one class has no AUC
    means = [fmean(scores[:k]) for k in range(1, len(scores) + 1)]
    if search.of_folds and 0 < done < search.folds:
        return PRUNED, None, means
    value = metrics.get(metric)
    if value is None or not math.isfinite(value):
        return FAILED, None, means
    return COMPLETE, value, means


def ranked(trials: Sequence[Trial], search: Search) -> list[Trial]:
    """Return the trials, the best first; then those stopped, the furthest first; then the failed.

    Of two that are as good the earlier one is better.
    """
    sign = 1 if search.minimizes else -1
    order = {COMPLETE: 0, PRUNED: 1, FAILED: 2}

    def place(trial: Trial) -> tuple[float, ...]:
        reached = (
            trial.value if trial.value is not None else (*trial.folds, 0.0)[len(trial.folds) - 1]
        )
        far = -len(trial.folds) if trial.state == PRUNED else 0
        return order[trial.state], far, sign * reached, trial.number

    return sorted(trials, key=place)


def thresholds(search: Search, told: Sequence[Trial]) -> list[float]:
    """Return what the mean over folds 1 to k has to reach for a trial to go on, for each k.

    It is the median of the complete trials (the median stopping rule of Golovin et al., 2017);
    empty until there are as many of them as are drawn at random.

    Args:
        search: the search.
        told: the trials that may count.
    """
    complete = [trial.folds for trial in told if trial.state == COMPLETE and trial.folds]
    if not (search.prune and search.of_folds) or len(complete) < search.startup:
        return []
    medians = [median(means) for means in zip(*complete, strict=False)]
    return medians[: search.folds - 1]  # after the last one there is nothing to save
