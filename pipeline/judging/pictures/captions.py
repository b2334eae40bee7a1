"""What a picture or a table shows, in one sentence."""

from collections.abc import Sequence

import numpy as np

from pipeline.judging.evaluation import ClassEstimates, ColumnImportance, Curve, Reliability
from pipeline.judging.formatting import count, listed, number, percent, title
from pipeline.judging.pictures.confusion import Confusion


def auc(rows: Sequence[ClassEstimates]) -> str:
    """Return between which classes the AUC runs."""
    return _extremes("auc", {str(row["class"]): row["auc"]["value"] for row in rows})


def f1(rows: Sequence[ClassEstimates]) -> str:
    """Return between which classes F1 runs."""
    return _extremes("f1", {str(row["class"]): row["f1"]["value"] for row in rows})


def _extremes(metric: str, values: dict[str, float | None]) -> str:
    defined = {name: value for name, value in values.items() if value is not None}
    if not defined:
        return f"{title(metric)} is not defined for any class."
    low, high = min(defined, key=defined.__getitem__), max(defined, key=defined.__getitem__)
    if defined[low] == defined[high]:
        return f"{title(metric)} of {_who(defined)} is {number(defined[low])}."
    return (
        f"{title(metric)} is lowest for {low} ({number(defined[low])}) and highest for {high} "
        f"({number(defined[high])})."
    )


def _who(values: dict[str, float]) -> str:
    return next(iter(values)) if len(values) == 1 else "every class"


def confusions(pairs: Sequence[Confusion]) -> str:
    """Return what is confused most; the pairs are those of confusion.worst."""
    if not pairs:
        return "Every row is predicted as what it is."
    most = [f"{percent(p['share'], 0)} of {p['truth']} as {p['predicted']}" for p in pairs[:2]]
    return f"The most frequent confusions: {listed(most)}."


def half_recall(curves: Sequence[Curve]) -> str:
    """Return at what precision half of each class's rows are found."""
    best: dict[str, float] = {}
    for curve in curves:
        pairs = zip(curve["x"], curve["y"], strict=True)
        if reached := [precision for recall, precision in pairs if recall >= 0.5]:
            best[str(curve["class"])] = max(reached)
    if not best:
        return "No class has a curve that reaches half of its rows."
    low, high = min(best, key=best.__getitem__), max(best, key=best.__getitem__)
    if best[low] == best[high]:
        return f"Half of the rows of {_who(best)} are found at a precision of {number(best[low])}."
    return (
        f"To find half of a class's rows, precision is lowest for {low} ({number(best[low])}) and "
        f"highest for {high} ({number(best[high])})."
    )


def calibration_gap(curve: Reliability) -> float | None:
    """Return by how much probabilities are off on average, weighted by rows.

    This is the expected calibration error (Naeini, Cooper and Hauskrecht 2015) on the curve's bins.
    """
    rows = np.asarray(curve["rows"], float)
    if not rows.sum():
        return None
    gaps = np.abs(np.asarray(curve["predicted"], float) - np.asarray(curve["observed"], float))
    return float(np.sum(gaps * rows) / rows.sum())


def calibration(curves: Sequence[Reliability]) -> str:
    """Return how far predicted probabilities are from what was observed."""
    gaps = {
        str(curve["class"]): gap for curve in curves if (gap := calibration_gap(curve)) is not None
    }
    if not gaps:
        return "Calibration is not defined: no bin has rows."
    worst = max(gaps, key=gaps.__getitem__)
    if len(gaps) == 1:
        who = "" if worst == "all" else f" of {worst}"
        return f"Predicted probabilities{who} are off by {number(gaps[worst])} on average."
    about = f"{number(gaps['all'])} over all; " if "all" in gaps else ""
    classes = {name: gap for name, gap in gaps.items() if name != "all"}
    worst = max(classes, key=classes.__getitem__)
    return (
        f"On average, predicted probabilities are off by {about}of the classes most for {worst} "
        f"({number(classes[worst])})."
    )


def importances(rows: Sequence[ColumnImportance]) -> str:
    """Return which feature matters most, and how many do not matter measurably."""
    if not rows:
        return "No importance was measured."
    most = max(rows, key=lambda row: row["permutation"])
    idle = [row for row in rows if row["low"] <= 0]
    rest = f"; for {count(len(idle), 'feature')} the interval reaches 0" if idle else ""
    return f"Shuffling {most['feature']} costs most ({number(most['permutation'])}){rest}."
