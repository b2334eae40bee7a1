"""The pictures of a model's performance: of what training measures, and of a whole evaluation."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.judging.evaluation import (
    ColumnImportance,
    Curve,
    Estimate,
    Evaluation,
    Performance,
    Reliability,
    bare,
)
from pipeline.judging.formatting import count, interval, number
from pipeline.judging.pictures import captions, confusion, residuals
from pipeline.judging.pictures.canvas import Picture, picture
from pipeline.judging.pictures.panels import Panel, panels
from pipeline.judging.pictures.ranges import Column, ranges

CLASSES = 60  # that are drawn: of more those with the most rows
FEATURES = 20  # that are drawn
POINTS = 160  # of a curve; more are not visible
DIAGONAL = (((0.0, 0.0), (1.0, 1.0)),)
Row = TypeVar("Row")


def evaluation(found: Evaluation) -> list[Picture]:
    """Return the pictures of a whole evaluation; without those that it has no rows for."""
    shown = _largest_classes(found)
    names = {"all"} | {str(found["classes"][n]) for n in shown}
    drawn = performance(found)
    if bins := [one for one in found["calibration"] if str(one["class"]) in names]:
        drawn.append(_calibration(bins))
    if found["importances"]:
        spread = found.get("residuals")
        cost = "AUC" if spread is None else "R²" if spread["quantile"] is None else "D²"
        drawn.append(_importances(found["importances"], cost))
    return drawn


def performance(measured: Performance) -> list[Picture]:
    """Return the figures of each class, the confusion matrix, and the curves there are.

    Of numbers it is how far they are from the truth.
    """
    if "residuals" in measured:
        return residuals.pictures(measured["residuals"])
    shown = _largest_classes(measured)
    classes = [str(label) for label in measured["classes"]]
    names = {classes[n] for n in shown}
    counts = np.asarray(measured["confusion"], np.int64).reshape(len(classes), len(classes))
    drawn = [_confusion(classes, counts, shown)]
    rows = [row for row in measured["per_class"] if str(row["class"]) in names]
    if rows:
        ranked = sorted(rows, key=lambda row: -(row["f1"]["value"] or 0.0))
        columns = [Column("F1", [row["f1"] for row in ranked]),
                   Column("AUC", [row["auc"] for row in ranked])]  # fmt: skip
        axes = ranges([str(row["class"]) for row in ranked], columns)
        title = "F1 and AUC of each class"
        drawn.insert(0, picture(axes, "per_class", title, captions.f1(rows)))
    areas = {str(row["class"]): f"AUC {interval(row['auc'], 2)}" for row in rows}
    sizes = {str(row["class"]): f"{row['support']:,} rows" for row in rows}
    if curves := [one for one in measured["roc"] if str(one["class"]) in names]:
        axes = panels([_curve(one, areas) for one in curves],
                      ("false positive rate", "true positive rate"), DIAGONAL)  # fmt: skip
        title = "ROC curve of each class against the others"
        drawn.append(picture(axes, "roc", title, captions.auc(rows)))
    if curves := [one for one in measured["precision_recall"] if str(one["class"]) in names]:
        axes = panels([_curve(one, sizes) for one in curves], ("recall", "precision"))
        title = "Precision and recall of each class"
        drawn.append(picture(axes, "precision_recall", title, captions.half_recall(curves)))
    return drawn


def inputs(importances: Sequence[tuple[str, float]]) -> Picture:
    """Return the most important inputs of a fitted estimator; see importances.of_inputs."""
    shown = importances[:FEATURES]
    column = Column("mean decrease in impurity", [bare(value) for _, value in shown])
    axes = ranges([name for name, _ in shown], [column])
    caption = f"The impurity of {count(len(importances), 'input')} sums to 1."
    return picture(axes, "feature_importance", _title("Importance of each input", importances),
                   caption)  # fmt: skip


def _largest_classes(measured: Performance) -> list[int]:
    """Return the positions of the classes that are drawn, ascending."""
    size = len(measured["classes"])
    rows = np.asarray(measured["confusion"], np.int64).reshape(size, size).sum(axis=1)
    return sorted(np.argsort(-rows, kind="stable")[:CLASSES].tolist())


def _title(title: str, rows: Sequence[Row], most: int = FEATURES) -> str:
    return f"{title}: the first {most} of {len(rows)}" if len(rows) > most else title


def _confusion(classes: list[str], counts: NDArray[np.int64], shown: list[int]) -> Picture:
    part = confusion.shares(counts)[np.ix_(shown, shown)]
    axes = confusion.matrix([classes[n] for n in shown], counts.sum(axis=1)[shown], part)
    caption = captions.confusions(confusion.worst(classes, counts, 2))
    more = len(shown) < len(classes)
    title = "Confusion matrix" + (f": the {len(shown)} classes with the most rows" * more)
    return picture(axes, "confusion_matrix", title, caption)


def _curve(curve: Curve, notes: dict[str, str]) -> Panel:
    line = list(zip(curve["x"], curve["y"], strict=True))
    kept = sorted(set(np.linspace(0, len(line) - 1, min(len(line), POINTS)).astype(int)))
    name = str(curve["class"])
    return Panel(name, notes.get(name, ""), line=[line[n] for n in kept])


def _calibration(curves: Sequence[Reliability]) -> Picture:
    shown = []
    for curve in curves:
        name = "all classes" if curve["class"] == "all" else str(curve["class"])
        note = f"off by {number(captions.calibration_gap(curve))}"
        points = list(zip(curve["predicted"], curve["observed"], strict=True))
        most = max(curve["rows"], default=0) or 1
        shown.append(Panel(name, note, dots=points, areas=[n / most for n in curve["rows"]]))
    axes = panels(shown, ("predicted", "observed"), DIAGONAL)
    title = "Predicted probability and observed share"
    return picture(axes, "calibration", title, captions.calibration(curves))


def _importances(rows: Sequence[ColumnImportance], cost: str) -> Picture:
    ranked = sorted(rows, key=lambda row: -row["permutation"])
    shown = ranked[:FEATURES]
    estimates: list[Estimate] = [
        {"value": row["permutation"], "low": row["low"], "high": row["high"], "note": None}
        for row in shown
    ]
    columns = [Column(f"{cost} lost when it is shuffled", estimates)]
    if any(row["impurity"] is not None for row in shown):
        columns.append(Column("impurity on training rows", [bare(r["impurity"]) for r in shown]))
    axes = ranges([row["feature"] for row in shown], columns)
    title = _title("What each column is worth", rows)
    return picture(axes, "feature_importance", title, captions.importances(rows))
