"""The candidate against the champion, on the same rows."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from pipeline.config.evaluate import LOSSES, Gate
from pipeline.judging import bootstrap, paired
from pipeline.judging.evaluation import Comparison
from pipeline.judging.tasks import AnyPredictions, metric_of, task_of
from pipeline.judging.weighted_metrics import Figures

SURE = 95  # percent
FEWEST = 100  # test rows that a comparison needs, if the champion was trained on others


@dataclass(frozen=True)
class Rival:
    """What the champion says of the test rows.

    Attributes:
        reference: its name and version.
        reason: why it cannot be compared; None if it can.
        said: (n, k) probabilities, the classes in the candidate's order; or (n, 1) numbers.
        unseen: (n,) the rows that it was not trained on.
    """

    reference: str
    reason: str | None = None
    said: NDArray[np.float64] | None = None
    unseen: NDArray[np.bool_] | None = None


def against(
    rival: Rival | None, predictions: AnyPredictions, gate: Gate, how: bootstrap.Bootstrap
) -> tuple[Comparison | None, str | None]:
    """Compare the candidate with the champion on the rows that the champion was not trained on.

    Args:
        rival: the champion; None if there is none.
        predictions: the candidate's.
        gate: the metric and the margin.
        how: the resampling.

    Returns:
        The comparison, and a sentence that a reader should know about it; None each.
    """
    if rival is None:
        return None, None
    if rival.said is None or rival.unseen is None:
        return None, f"{rival.reference} {rival.reason}"
    unseen, new = rival.unseen, int(rival.unseen.sum())
    if new < min(FEWEST, len(unseen)):
        note = f"{rival.reference} was trained on all but {new} of the test rows: not compared"
        return None, note
    rows = slice(None) if new == len(unseen) else unseen  # a slice copies nothing
    both = predictions.part(rows)
    compared = compare(both, both.saying(rival.said[rows]), gate, how)
    if not all(map(isfinite, (compared["difference"], compared["low"], compared["high"]))):
        metric, other = compared["metric"], rival.reference
        return None, f"{metric} is not defined on these rows: not compared with {other}"
    if new == len(unseen):
        return compared, None
    return compared, (f"compared on the {new:,} of {len(unseen):,} test rows that "
                      f"{rival.reference} was not trained on")  # fmt: skip


def compare(
    candidate: AnyPredictions, champion: AnyPredictions, gate: Gate, how: bootstrap.Bootstrap
) -> Comparison:
    """Compare two models on the same rows by a paired bootstrap.

    Every resample has the same rows for both. The candidate is worse if even the upper bound of
    the difference, which holds with 95 % confidence, is below minus the margin (Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13: percentiles).

    Args:
        candidate: its predictions of (n,) rows.
        champion: its predictions of them, the same classes in the same order.
        gate: the metric and the margin.
        how: the resampling.

    Returns:
        low and high each hold with 95 % confidence; NaN for areas with one class. A loss has
        its sign turned in difference, low and high: more is better.
    """
    metric = metric_of(candidate, gate.metric)
    plain, drawn = paired.drawn(candidate, champion, how, [metric])
    one, other = (float(_of(metric, figures)[0]) for figures in plain)
    in_unit = metric in task_of(candidate).about.in_unit
    margin = gate.margin * other if in_unit else gate.margin
    sign = -1.0 if metric in LOSSES else 1.0
    differences = sign * (_of(metric, drawn[0]) - _of(metric, drawn[1]))
    low, high = (float(bound) for bound in np.percentile(differences, [100 - SURE, SURE]))
    return {"metric": metric, "candidate": one, "champion": other,
            "difference": sign * (one - other), "low": low, "high": high,
            "margin": margin, "worse": high < -margin}  # fmt: skip


def _of(metric: str, figures: Figures) -> NDArray[np.float64]:
    """Return a figure, NaN where there is none."""
    shape = next(figures[name].shape for name in ("accuracy", "rmse") if name in figures)
    return figures.get(metric, np.full(shape, np.nan))
