"""Figures of merit of a classifier, overall and per class; never NaN, never a warning."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
)

from pipeline.config.evaluate import CLASSIFICATION
from pipeline.errors import InputError
from pipeline.judging import calibration
from pipeline.judging.evaluation import ClassEstimates, Label, Performance, bare
from pipeline.judging.pictures import curves
from pipeline.judging.predictions import Predictions

HEADLINE = CLASSIFICATION.figures  # in the order shown
PER_CLASS = ("support", "precision", "recall", "f1", "auc")


def classification_metrics(predictions: Predictions) -> dict[str, float]:
    """Compare probabilities with the truth.

    A row's prediction is its most probable class. A class that the model knows but that no row
    has is left out: no entries of its own, and the macro averages and the AUC run over the classes
    that are present (rows predicted as the absent class still count as wrong). With one single
    class present there is no AUC and no average precision. A class that is never predicted
    has precision 0.

    Returns:
        accuracy; log_loss, brier and ece (the calibration error) as in calibration; precision,
        recall, f1 (macro averages); balanced_accuracy (the macro recall); mcc (Matthews
        correlation, 0 where truth or prediction is one class); average_precision (each class
        against the rest, also of two, mean of the classes); auc (the area under the ROC curve, for
        more than two classes the macro one-vs-one AUC of Hand and Till, 2001); for each class
        present, as "f1/<class>": support (rows), precision, recall, f1, auc (against the others).

    Raises:
        InputError: a probability that is not finite.
    """
    codes, probabilities = predictions.codes, predictions.probabilities
    if not np.isfinite(probabilities).all():
        raise InputError("the model gives probabilities that are not finite; choose another model "
                         "or scale its input (model.numeric.scaling=true)")  # fmt: skip
    present = [int(code) for code in np.unique(codes)]
    metrics = {"mcc": 0.0}
    if len(present) > 1:
        metrics["mcc"] = float(matthews_corrcoef(codes, predictions.predicted))
        metrics["auc"] = _one_vs_one_auc(codes, probabilities, present)
        areas = [average_precision_score(codes == c, probabilities[:, c]) for c in present]
        metrics["average_precision"] = float(np.mean(areas))
    metrics["accuracy"] = float(np.mean(predictions.predicted == codes))
    losses = calibration.row_losses(codes, probabilities)
    metrics |= {name: float(values.mean()) for name, values in losses.items()}
    metrics["ece"] = calibration.calibration_error(codes, probabilities)
    metrics |= _class_metrics(predictions, present)
    metrics["balanced_accuracy"] = metrics["recall"]
    return {name: metrics[name] for name in HEADLINE if name in metrics} | metrics


def per_class_table(
    metrics: dict[str, float], classes: list[Label]
) -> list[dict[str, Label | None]]:
    """Turn the flat figures into one row per class present: class, support, precision, ...

    `auc` is None where it is not defined (one single class present).
    """
    return [
        {"class": label, **{name: metrics.get(f"{name}/{label}") for name in PER_CLASS}}
        for label in classes
        if f"support/{label}" in metrics
    ]


def performance(predictions: Predictions, metrics: dict[str, float]) -> Performance:
    """Return what can be drawn of predictions without the cost of intervals.

    Args:
        predictions: of any rows.
        metrics: classification_metrics of them.
    """
    labels = predictions.labels
    support = dict(zip(labels, predictions.support().tolist(), strict=True))
    return {
        "classes": labels,
        "per_class": [class_estimates(label, support[label], metrics) for label in labels],
        "confusion": predictions.confusion(),
        "roc": curves.roc(predictions),
        "precision_recall": curves.precision_recall(predictions),
    }


def class_estimates(label: Label, support: int, metrics: dict[str, float]) -> ClassEstimates:
    """Return the figures of a class without intervals."""
    auc, f1, precision, recall = (
        bare(metrics.get(f"{name}/{label}")) for name in ("auc", "f1", "precision", "recall")
    )
    return {"class": label, "support": support, "auc": auc, "f1": f1, "precision": precision,
            "recall": recall}  # fmt: skip


def _class_metrics(predictions: Predictions, present: list[int]) -> dict[str, float]:
    codes, classes = predictions.codes, predictions.classes
    precision, recall, f1, support = precision_recall_fscore_support(
        codes, predictions.predicted, labels=present, zero_division=0.0
    )
    macro = {"precision": precision.mean(), "recall": recall.mean(), "f1": f1.mean()}
    metrics = {name: float(value) for name, value in macro.items()}
    columns = zip(present, support, precision, recall, f1, strict=True)
    for code, *values in columns:
        if len(present) > 1:
            values.append(_auc(codes == code, predictions.probabilities[:, code]))
        for name, value in zip(PER_CLASS, values, strict=False):  # one class: no auc
            metrics[f"{name}/{classes[code]}"] = float(value)
    return metrics


def _one_vs_one_auc(
    codes: NDArray[np.int64], probabilities: NDArray[np.float64], present: list[int]
) -> float:
    if probabilities.shape[1] == 2:
        return _auc(codes == 1, probabilities[:, 1])
    rows = {code: np.flatnonzero(codes == code) for code in present}
    areas = []
    for one, other in combinations(present, 2):
        pair = np.concatenate([rows[one], rows[other]])
        is_one = np.arange(len(pair)) < len(rows[one])
        areas += [_auc(is_one, probabilities[pair, one]), _auc(~is_one, probabilities[pair, other])]
    return float(np.mean(areas))


def _auc(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve as the Mann-Whitney statistic: pairs won, ties as a half."""
    others, own = np.sort(score[~positive]), score[positive]
    won = others.searchsorted(own, "left").sum() + others.searchsorted(own, "right").sum()
    return float(won / 2 / (len(own) * len(others)))
