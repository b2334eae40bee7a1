"""Models judged on the same rows: how far apart they are, and how sure that is."""

from collections.abc import Collection

import numpy as np

from pipeline.config.evaluate import LOSSES
from pipeline.judging.bootstrap import Bootstrap, distributions, some_rows
from pipeline.judging.evaluation import MetricEstimate, bare
from pipeline.judging.tasks import AnyPredictions, task_of
from pipeline.judging.weighted_metrics import AREAS, Figures

NOT_DRAWN = ("ece", "coverage")  # resamples are no measure of it (see bootstrap); of no direction
FEW = 100  # rows; below, intervals hold less often than they say (benchmarks/coverage.py)
Both = tuple[list[Figures], list[Figures]]  # as they are, and of the resamples
Pair = tuple[dict[str, float], dict[str, float], list[MetricEstimate]]


def drawn(
    first: AnyPredictions, other: AnyPredictions, how: Bootstrap, areas: Collection[str] = AREAS
) -> Both:
    """Return the figures of two models on the same rows: as they are, and in the same resamples.

    Args:
        first: predictions of (n,) rows; of very many a sample is taken, see some_rows.
        other: another model's of the same rows.
        how: the resampling.
        areas: those of AREAS that are wanted.
    """
    models = [task_of(said).weighted(some_rows(said, how.seed)) for said in (first, other)]
    ones = np.ones((len(models[0].codes), 1))
    return [model.figures(ones, areas) for model in models], distributions(
        models, how.resamples, how.seed, areas
    )


def differences(first: AnyPredictions, other: AnyPredictions, how: Bootstrap) -> Pair:
    """Compare two models on the same rows by a paired bootstrap.

    Every resample has the same rows for both (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, chapter 10), drawn again within each class; the intervals are expanded
    percentiles, as those of an evaluation.

    Args:
        first: predictions of (n,) rows.
        other: another model's of the same rows, the same classes in the same order.
        how: the resampling.

    Returns:
        The figures of the first, those of the other, and other minus first with its interval. A
        figure that is not defined, as areas are with one class, is left out.
    """
    rows = len(first.codes)
    plain, (before, after) = drawn(first, other, how)
    names = [n for n in task_of(first).about.figures if n not in NOT_DRAWN]
    values = [{n: float(found[n][0]) for n in names if n in found} for found in plain]
    estimates: list[MetricEstimate] = []
    for name in (n for n in values[0] if n in values[1]):
        estimate = bare(values[1][name] - values[0][name], "no interval: one row of each class")
        if (first.support() > 1).any():
            low, high = map(float, how.interval(after[name] - before[name], rows))
            estimate |= {"low": low, "high": high, "note": _note(rows, low, high)}
        estimates.append({"metric": name, **estimate})
    return values[0], values[1], estimates


def _note(rows: int, low: float, high: float) -> str | None:
    """Return why an interval says less than it seems to, None if it does not."""
    if low == high != 0:
        return "all resamples agree: the true interval is wider"
    return f"interval too narrow: fewer than {FEW} rows" if rows < FEW else None


def better(estimate: MetricEstimate) -> bool | None:
    """Say whether the other model is surely better (True) or worse; None: it may be chance."""
    low, high = estimate["low"] or 0.0, estimate["high"] or 0.0
    if low <= 0 <= high:
        return None
    return (low > 0) != (estimate["metric"] in LOSSES)
