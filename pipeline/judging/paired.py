"""Models judged on the same rows: how far apart they are, and how sure that is."""

import numpy as np

from pipeline.config.evaluate import LOSSES
from pipeline.judging.bootstrap import Bootstrap, distributions
from pipeline.judging.evaluation import MetricEstimate, bare
from pipeline.judging.predictions import Predictions
from pipeline.judging.weighted_metrics import Figures, WeightedMetrics

# The calibration error is not among them: resamples are no measure of it (see bootstrap).
FIGURES = (
    "auc", "f1", "accuracy", "precision", "recall", "balanced_accuracy", "average_precision", "mcc",
    "log_loss", "brier",
)  # fmt: skip
FEW = 100  # rows; below, intervals hold less often than they say (benchmarks/coverage.py)
Pair = tuple[dict[str, float], dict[str, float], list[MetricEstimate]]


def differences(first: Predictions, other: Predictions, how: Bootstrap) -> Pair:
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
    models = [WeightedMetrics(p.codes, p.probabilities) for p in (first, other)]
    rows = len(first.codes)
    ones = np.ones((rows, 1))
    values = [_plain(model.figures(ones)) for model in models]
    before, after = distributions(models, how.resamples, how.seed)
    estimates: list[MetricEstimate] = []
    for name in values[0]:
        estimate = bare(values[1][name] - values[0][name], "no interval: one row of each class")
        if (first.support() > 1).any():
            low, high = map(float, how.interval(after[name] - before[name], rows))
            estimate |= {"low": low, "high": high, "note": _note(rows, low, high)}
        estimates.append({"metric": name, **estimate})
    return values[0], values[1], estimates


def _plain(figures: Figures) -> dict[str, float]:
    return {name: float(figures[name][0]) for name in FIGURES if name in figures}


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
