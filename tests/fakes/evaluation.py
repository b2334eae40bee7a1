"""Stand-ins for what the steps evaluate and gate publish, in the form that the report reads."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from pipeline.judging.evaluation import Curve, Estimate, Evaluation, GateResult


def estimate(value: float | None, width: float = 0.02, note: str | None = None) -> Estimate:
    """Return a value with an interval of a made-up width."""
    if value is None:
        return {"value": None, "low": None, "high": None, "note": note or "no rows of it"}
    return {
        "value": value,
        "low": max(value - width, 0.0),
        "high": min(value + width, 1.0) if value <= 1 else value + width,
        "note": note,
    }


def predictions(
    classes: int, rows: int, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (rows,) true classes and (rows, classes) probabilities that know something of them."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, rows)
    truth[:classes] = np.arange(classes)  # each is there
    scores = draw.normal(size=(rows, classes))
    scores[np.arange(rows), truth] += draw.uniform(0.5, 3, classes)[truth]
    odds = np.exp(scores)
    return truth, odds / odds.sum(axis=1, keepdims=True)


def evaluation(
    truth: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    classes: Sequence[str],
    features: Sequence[str] = ("energy", "tempo"),
    target: str = "genre",
) -> Evaluation:
    """Return an evaluation of real predictions; its intervals are made up.

    Args:
        truth: (n,) numbers of the true classes.
        probabilities: (n, k).
        classes: the k names.
        features: with made-up importances.
        target: name of the column.
    """
    predicted = probabilities.argmax(axis=1)
    numbers = list(range(len(classes)))
    scores = {
        "f1": f1_score, "precision": precision_score, "recall": recall_score
    }  # fmt: skip
    by_class = {
        name: score(truth, predicted, labels=numbers, average=None, zero_division=0)
        for name, score in scores.items()
    }
    there = [n for n in numbers if 0 < (truth == n).sum() < len(truth)]
    areas = {n: float(roc_auc_score(truth == n, probabilities[:, n])) for n in there}
    overall = {"auc": float(np.mean(list(areas.values()))), "f1": float(by_class["f1"].mean()),
               "accuracy": float(np.mean(truth == predicted)), "log_loss": 1.046}  # fmt: skip
    return {
        "target": target, "classes": list(classes), "rows": len(truth),
        "bootstrap": {"resamples": 1000, "confidence": 0.95, "seed": 42, "method": "percentile"},
        "overall": [{"metric": k, **estimate(v)} for k, v in overall.items()],
        "per_class": [
            {"class": name, "support": int((truth == n).sum()), "auc": estimate(areas.get(n))}
            | {k: estimate(float(v[n]), 0.05) for k, v in by_class.items()}
            for n, name in enumerate(classes)
        ],
        "confusion": confusion_matrix(truth, predicted, labels=numbers).tolist(),
        "roc": [_curve(classes[n], *roc_curve(truth == n, probabilities[:, n])[:2]) for n in there],
        "precision_recall": [
            _curve(classes[n], *precision_recall_curve(truth == n, probabilities[:, n])[1::-1])
            for n in there
        ],
        "calibration": [{"class": "all", **_bins((truth == predicted), probabilities.max(axis=1))}]
        + [{"class": classes[n], **_bins(truth == n, probabilities[:, n])} for n in there],
        "slices": [
            {"column": "key", "value": str(n), "rows": 40 + n, "small": n == 0,
             "metrics": {"accuracy": estimate(0.6 + n / 50), "f1": estimate(0.5 if n else None)}}
            for n in range(4)
        ],
        "importances": [
            {"feature": name, "impurity": None if n == 0 else 0.1, "permutation": 0.05 - n / 30,
             "low": 0.03 - n / 30, "high": 0.06 - n / 30}
            for n, name in enumerate(features)
        ],
        "baseline": {"class": classes[0], "metrics": {"auc": 0.5, "f1": 0.02, "accuracy": 0.1},
                     "metric": "f1", "model": overall["f1"], "baseline": 0.02, "low": 0.5,
                     "high": 0.6, "beaten": True},
    }  # fmt: skip


def _curve(name: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> Curve:
    return {"class": name, "x": x.tolist(), "y": y.tolist()}


def _bins(hit: NDArray[np.bool_], score: NDArray[np.float64]) -> dict[str, list[float]]:
    found = np.minimum((score * 10).astype(int), 9)
    used = [n for n in range(10) if (found == n).any()]
    return {
        "predicted": [float(score[found == n].mean()) for n in used],
        "observed": [float(hit[found == n].mean()) for n in used],
        "rows": [int((found == n).sum()) for n in used],
    }


def gate(passed: bool = True) -> GateResult:
    """Return the decision of a gate that compared with a champion."""
    return {
        "passed": passed, "promoted": passed, "champion": "model_export:v3", "note": None,
        "reasons": [] if passed else ["f1 of Pop 0.19 is below 0.25"],
        "comparison": [{"metric": "f1", "candidate": 0.61, "champion": 0.6, "difference": 0.01,
                        "low": -0.004, "high": 0.024, "margin": 0.01, "worse": False}],
        "thresholds": [{"where": "overall", "metric": "auc", "least": 0.9, "most": None,
                        "value": 0.928, "passed": True},
                       {"where": "class Pop", "metric": "f1", "least": 0.25, "most": None,
                        "value": 0.19, "passed": passed}],
    }  # fmt: skip
