"""Which job of a sweep is the best one."""

import math
from collections.abc import Sequence

from pipeline.config.evaluate import CLASSIFICATION, LOSSES, TASKS
from pipeline.sweep.job import Ended

FOLDS = "cv_"  # before the name of a metric: its mean over folds


def is_loss(metric: str) -> bool:
    """Say whether less of a metric is better."""
    return metric.removeprefix(FOLDS) in LOSSES


def asked(jobs: Sequence[Ended], metric: str | None) -> str:
    """Return the metric by which jobs are compared: null, what suits what they predict."""
    usual = ("pinball", *(task.metric for task in TASKS.values()))
    there = [name for name in usual if any(name in job.metrics for job in jobs)]
    return metric or (there[0] if there else CLASSIFICATION.metric)


def shown(jobs: Sequence[Ended], wanted: str | None) -> str:
    """Return the figure that jobs are shown with: the metric, else the first that one has."""
    metric = asked(jobs, wanted)
    if any(metric in job.metrics for job in jobs):
        return metric
    others = (name for job in jobs for name in job.metrics if not name.startswith("rows"))
    return next(others, metric)


def ranked(jobs: Sequence[Ended], metric: str) -> list[Ended]:
    """Return the jobs, the best first; those that have no such figure last, in their order."""
    sign = 1 if is_loss(metric) else -1
    return sorted(jobs, key=lambda job: (sign * _figure(job, metric), job.asked.number))


def best(jobs: Sequence[Ended], metric: str) -> Ended | None:
    """Return the best job that ended well; None if none has such a figure."""
    first = ranked(jobs, metric)[:1]
    return first[0] if first and math.isfinite(_figure(first[0], metric)) else None


def _figure(job: Ended, metric: str) -> float:
    value = job.metrics.get(metric, math.nan)
    return (math.inf if is_loss(metric) else -math.inf) if job.error or math.isnan(value) else value
