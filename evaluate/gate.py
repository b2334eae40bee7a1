"""Whether a model may become the champion: thresholds, and a comparison on the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.gate import LOSSES, Gate, bounds
from pipeline.judging import bootstrap
from pipeline.judging.weighted_metrics import Scored

SURE = 95  # percent

Row = dict[str, Any]


def decide(found: Mapping[str, Any], asked: Gate, compared: Row | None) -> dict[str, Any]:
    """Return the verdict on a model.

    Args:
        found: its evaluation, as evaluate.evaluation returns it.
        asked: the thresholds.
        compared: what `compare` says; None when there is no champion to compare with.

    Returns:
        passed; reasons (a sentence for each thing that is not as asked); thresholds (where,
        metric, least or most, value, passed); comparison (a list of none or one).
    """
    thresholds = list(_thresholds(found, asked))
    reasons = [_reason(row) for row in thresholds if not row["passed"]]
    if compared and compared["worse"]:
        reasons.append(
            f"{compared['metric']} {compared['candidate']:.4f} is worse than the champion's "
            f"{compared['champion']:.4f} by more than {compared['margin']:g}, with {SURE} % "
            "confidence"
        )
    return {
        "passed": not reasons,
        "reasons": reasons,
        "thresholds": thresholds,
        "comparison": [compared] if compared else [],
    }


def compare(
    codes: NDArray[np.int64],
    candidate: NDArray[np.float64],
    champion: NDArray[np.float64],
    asked: Gate,
    how: bootstrap.Bootstrap,
) -> Row:
    """Compare two models on the same rows by a paired bootstrap.

    Every resample has the same rows for both. The candidate is worse if even the upper bound of
    the difference, which holds with 95 % confidence, is below minus the margin (Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13: percentiles).

    Args:
        codes: (n,) true classes.
        candidate: (n, k) its probabilities.
        champion: (n, k) the champion's, the same classes in the same order.
        asked: the metric and the margin.
        how: the resampling.

    Returns:
        metric, candidate, champion, difference, low and high (each holds with 95 % confidence),
        margin, worse. A loss has its sign turned in difference, low and high: more is better.
    """
    models = [Scored(codes, candidate), Scored(codes, champion)]
    metric, areas = asked.metric, asked.metric == "auc"
    ones = np.ones((len(codes), 1))
    one, other = (float(model.figures(ones, areas)[metric][0]) for model in models)
    drawn = bootstrap.distributions(models, how.resamples, how.seed, areas)
    sign = -1.0 if metric in LOSSES else 1.0
    differences = sign * (drawn[0][metric] - drawn[1][metric])
    low, high = (float(bound) for bound in np.percentile(differences, [100 - SURE, SURE]))
    return {"metric": metric, "candidate": one, "champion": other,
            "difference": sign * (one - other), "low": low, "high": high,
            "margin": asked.margin, "worse": high < -asked.margin}  # fmt: skip


def same_order(
    classes: Sequence[Any], others: Sequence[Any], probabilities: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return (n, k) probabilities of `others` in the order of `classes`; None if they differ."""
    known = list(others)
    if set(known) != set(classes):
        return None
    return probabilities[:, [known.index(label) for label in classes]]


def _thresholds(found: Mapping[str, Any], asked: Gate) -> Iterator[Row]:
    whole = {row["metric"]: row["value"] for row in found["overall"]}
    for metric, bound in bounds(asked.overall).items():
        yield _threshold("all test rows", metric, bound, whole.get(metric))
    for metric, bound in bounds(asked.per_class).items():
        for row in found["per_class"]:
            yield _threshold(f"class {row['class']}", metric, bound, row[metric]["value"])
    for metric, bound in bounds(asked.slices).items():
        for row in found["slices"]:
            if not row["small"]:
                where = f"{row['column']} {row['value']}"
                yield _threshold(where, metric, bound, row["metrics"][metric]["value"])


def _threshold(where: str, metric: str, bound: float, value: float | None) -> Row:
    """Hold a figure against its bound; one that is not defined does not reach it."""
    least, most = (None, bound) if metric in LOSSES else (bound, None)
    passed = value is not None and (value <= bound if most is not None else value >= bound)
    return {"where": where, "metric": metric, "least": least, "most": most, "value": value,
            "passed": passed}  # fmt: skip


def _reason(row: Row) -> str:
    kind, bound = ("least", row["least"]) if row["most"] is None else ("most", row["most"])
    seen = "not defined" if row["value"] is None else f"{row['value']:.4f}"
    return f"{row['metric']} of {row['where']} is {seen}, must be at {kind} {bound:g}"
