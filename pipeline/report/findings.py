"""What a picture or a table shows, in one sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.report.words import count, listed, number, percent, title

Estimates = Sequence[Mapping[str, Any]]


def extremes(rows: Estimates, metric: str) -> str:
    """Return between which classes a metric runs; the rows are those of the table per class."""
    known = [row for row in rows if _value(row, metric) is not None]
    if not known:
        return f"{title(metric)} is not defined for any class."
    low, high = (choose(known, key=lambda row: _value(row, metric)) for choose in (min, max))
    if _value(low, metric) == _value(high, metric):
        return f"{title(metric)} of {_who(known)} is {number(_value(low, metric))}."
    return (
        f"{title(metric)} is lowest for {low['class']} ({number(_value(low, metric))}) and highest "
        f"for {high['class']} ({number(_value(high, metric))})."
    )


def _who(rows: Estimates) -> str:
    return str(rows[0]["class"]) if len(rows) == 1 else "every class"


def _value(row: Mapping[str, Any], metric: str) -> Any:
    return (row.get(metric) or {}).get("value")


def confusions(pairs: Sequence[Mapping[str, Any]]) -> str:
    """Return what is confused most; the pairs are those of confusion.worst."""
    if not pairs:
        return "Every row is predicted as what it is."
    said = [f"{percent(p['share'], 0)} of {p['truth']} as {p['taken_for']}" for p in pairs[:2]]
    return f"The most frequent confusions: {listed(said)}."


def half_recall(curves: Sequence[Mapping[str, Any]]) -> str:
    """Return at what precision half of each class's rows are found."""
    best: dict[str, float | None] = {
        str(curve["class"]): max(
            (p for r, p in zip(curve["x"], curve["y"], strict=True) if r >= 0.5), default=None
        )
        for curve in curves
    }
    known = {name: value for name, value in best.items() if value is not None}
    if not known:
        return "No class has a curve that reaches half of its rows."
    low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
    if known[low] == known[high]:
        who = low if len(known) == 1 else "every class"
        return f"Half of the rows of {who} are found at a precision of {number(known[low])}."
    return (
        f"To find half of a class's rows, precision is lowest for {low} ({number(known[low])}) and "
        f"highest for {high} ({number(known[high])})."
    )


def calibration_gap(curve: Mapping[str, Any]) -> float | None:
    """Return by how much probabilities are off on average, weighted by rows.

    This is the expected calibration error (Naeini, Cooper and Hauskrecht 2015) on the curve's bins.
    """
    rows = np.asarray(curve["rows"], float)
    if not rows.sum():
        return None
    gaps = np.abs(np.asarray(curve["predicted"], float) - np.asarray(curve["observed"], float))
    return float(np.sum(gaps * rows) / rows.sum())


def calibration(curves: Sequence[Mapping[str, Any]]) -> str:
    """Return how far predicted probabilities are from what was observed."""
    gaps = {str(curve["class"]): calibration_gap(curve) for curve in curves}
    known = {name: gap for name, gap in gaps.items() if gap is not None}
    if not known:
        return "Calibration is not defined: no bin has rows."
    worst = max(known, key=known.__getitem__)
    if len(known) == 1:
        who = "" if worst == "all" else f" of {worst}"
        return f"Predicted probabilities{who} are off by {number(known[worst])} on average."
    about = f"{number(known['all'])} over all; " if "all" in known else ""
    classes = {name: gap for name, gap in known.items() if name != "all"}
    worst = max(classes, key=classes.__getitem__)
    return (
        f"On average, predicted probabilities are off by {about}of the classes most for {worst} "
        f"({number(classes[worst])})."
    )


def importances(rows: Estimates) -> str:
    """Return which feature matters most, and how many do not matter measurably."""
    known = [row for row in rows if row.get("permutation") is not None]
    if not known:
        return "No importance was measured."
    most = max(known, key=lambda row: float(row["permutation"]))
    idle = [row for row in known if row.get("low") is not None and row["low"] <= 0]
    rest = f"; for {count(len(idle), 'feature')} the interval reaches 0" if idle else ""
    return f"Shuffling {most['feature']} costs most ({number(most['permutation'])}){rest}."
