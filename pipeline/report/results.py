"""The section on how good the model is: tables and pictures of its evaluation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.report import findings
from pipeline.report.confusion import matrix, worst
from pipeline.report.differences import headline
from pipeline.report.facts import Facts
from pipeline.report.panels import Panel, panels
from pipeline.report.ranges import Column, ranges
from pipeline.report.words import interval, number

CONFUSIONS = 10  # pairs that the table lists
FEATURES = 20  # that the picture of importances shows
POINTS = 160  # of a curve; more are not visible
CLASSES = 60  # more are too many to draw; the tables have them all
DIAGONAL = [((0.0, 0.0), (1.0, 1.0))]
View = dict[str, Any]


def results(facts: Facts) -> View | None:
    """Return what the section shows, None for a run without a judged model.

    Without an artifact of type evaluation there are the metrics of the step's record alone,
    without intervals.
    """
    if made := facts.contents.get("evaluation"):
        return evaluated(made)
    for step in reversed(facts.recorded["steps"]):
        if rows := step["tables"].get("per_class"):
            overall = [{"metric": k, "value": v, "note": None} for k, v in headline(step).items()]
            return {"overall": overall, "per_class": list(map(_bare, rows)), "pictures": {},
                    "bootstrap": None, "step": step["step"]}  # fmt: skip
    return None


def _bare(row: Mapping[str, Any]) -> View:
    named = {"class": row["class"], "support": int(row["support"])}
    return named | {name: {"value": value} for name, value in row.items() if name not in named}


def evaluated(made: Mapping[str, Any]) -> View:
    """Return what the section shows of an evaluation."""
    classes = [str(label) for label in made["classes"]]
    view: View = {key: made.get(key) for key in ("target", "rows", "bootstrap", "overall")}
    view["per_class"] = [dict(row) | {"class": str(row["class"])} for row in made["per_class"]]
    counts = np.asarray(made["confusion"], np.int64).reshape(len(classes), len(classes))
    view["confused"] = worst(classes, counts, CONFUSIONS)
    view["importances"] = importance_rows(made.get("importances") or [])
    drawn = len(classes) <= CLASSES
    view["pictures"] = _pictures(made, classes, counts, view) if drawn else {}
    view["too_many"] = None if drawn else f"{len(classes)} classes are too many to draw."
    if drawn and view["importances"]:
        view["pictures"]["importances"] = _importances(view["importances"])
    return view


def importance_rows(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the features, those first whose shuffling costs most."""
    return sorted(rows, key=lambda row: -(row.get("permutation") or 0.0))


def _pictures(
    made: Mapping[str, Any], classes: Sequence[str], counts: Any, view: Mapping[str, Any]
) -> View:
    rows = view["per_class"]
    ranked = sorted(rows, key=lambda row: -((row.get("f1") or {}).get("value") or 0.0))
    drawn: View = {
        "per_class": ranges(
            [row["class"] for row in ranked],
            [Column(name, [row.get(key) or {} for row in ranked])
             for key, name in (("f1", "F1"), ("auc", "AUC"))],
            "per-class", findings.extremes(rows, "f1"),
        ),
        "confusion": matrix(classes, counts, "confusion", findings.confusions(view["confused"])),
    }  # fmt: skip
    areas = {row["class"]: row.get("auc") or {} for row in rows}
    if curves := made.get("roc"):
        names = ("false positive rate", "true positive rate")
        shown = [_curve(curve, f"AUC {interval(areas.get(str(curve['class']), {}), 2)}")
                 for curve in curves]  # fmt: skip
        drawn["roc"] = panels(shown, "roc", findings.extremes(rows, "auc"), names, DIAGONAL)
    if curves := made.get("precision_recall"):
        support = {row["class"]: row["support"] for row in rows}
        shown = [_curve(curve, f"{support.get(str(curve['class']), 0):,} rows") for curve in curves]
        finding = findings.half_recall(curves)
        drawn["precision_recall"] = panels(shown, "pr", finding, ("recall", "precision"))
    if curves := made.get("calibration"):
        drawn["calibration"] = _calibration(curves)
    return drawn


def _curve(curve: Mapping[str, Any], note: str) -> Panel:
    line = list(zip(curve["x"], curve["y"], strict=True))
    keep = sorted(set(np.linspace(0, len(line) - 1, min(len(line), POINTS)).astype(int)))
    return Panel(str(curve["class"]), note, line=[line[n] for n in keep])


def _calibration(curves: Sequence[Mapping[str, Any]]) -> Any:
    shown = []
    for curve in curves:
        points = list(zip(curve["predicted"], curve["observed"], strict=True))
        name = "all classes" if curve["class"] == "all" else str(curve["class"])
        note = f"off by {number(findings.calibration_gap(curve))}"
        most = max(curve["rows"], default=0) or 1
        areas = [n / most for n in curve["rows"]]
        shown.append(Panel(name, note, dots=points, areas=areas))
    names = ("predicted", "observed")
    return panels(shown, "calibration", findings.calibration(curves), names, DIAGONAL)


def _importances(rows: Sequence[Mapping[str, Any]]) -> Any:
    shown = rows[:FEATURES]
    column = Column("what shuffling it costs", [row | {"value": row.get("permutation")}
                                                for row in map(dict, shown)])  # fmt: skip
    labels = [str(row["feature"]) for row in shown]
    return ranges(labels, [column], "importances", findings.importances(rows))
