"""The section on how good the model is: tables and pictures of its evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.judging.evaluation import (
    Baseline,
    ClassEstimates,
    Estimate,
    Evaluation,
    MetricEstimate,
    SliceEstimates,
    bare,
    estimates_of,
)
from pipeline.judging.formatting import number, tidy
from pipeline.judging.pictures import draw
from pipeline.judging.pictures.canvas import Picture
from pipeline.judging.pictures.confusion import Confusion, worst
from pipeline.report.report_data import ReportData
from pipeline.tracking.record import Row, headline, judges

CONFUSIONS = 10  # pairs that the table lists


@dataclass(frozen=True)
class Results:
    """How good a model is.

    Without an evaluation there are the metrics alone that a step recorded, without intervals.
    """

    overall: Sequence[MetricEstimate]
    per_class: Sequence[ClassEstimates]
    evaluation: Evaluation | None = None
    confused: Sequence[Confusion] = ()
    pictures: dict[str, Picture] = field(default_factory=dict)
    step: str = ""

    @property
    def class_figures(self) -> list[Estimate]:
        """The figures of all classes."""
        return [figure for row in self.per_class for figure in estimates_of(row).values()]

    @property
    def baseline(self) -> Baseline | None:
        """What a dummy comes to on the same rows, where it was judged."""
        return self.evaluation.get("baseline") if self.evaluation else None

    @property
    def undrawn(self) -> int:
        """How many classes are in the tables only."""
        return max(len(self.per_class) - draw.CLASSES, 0)


def results(data: ReportData) -> Results | None:
    """Return what the section shows, None for a run without a model's metrics."""
    if data.evaluation:
        return _evaluated(data.evaluation)
    for step in reversed(data.manifest["steps"]):
        if judges(step["metrics"], step["tables"]):
            overall = _whole(headline(step["metrics"]))
            rows = step["tables"].get("per_class", [])
            return Results(overall, [_recorded(row) for row in rows], step=step["step"])
    return None


def _whole(metrics: Mapping[str, float]) -> list[MetricEstimate]:
    """Return the metrics that a step recorded, mean and spread over its folds beside them."""
    notes = {
        name: f"{number(mean)} ± {number(metrics.get(f'cv_{name}_std'))} over the folds"
        for name in metrics
        if (mean := metrics.get(f"cv_{name}")) is not None
    }
    return [
        {"metric": name, **bare(value, notes.get(name))}
        for name, value in metrics.items()
        if not name.startswith("cv_")
    ]


def slices(data: ReportData) -> list[SliceEstimates]:
    """Return the figures of parts of the test rows, the bounds of numbers as the page has them."""
    rows = data.evaluation["slices"] if data.evaluation else []
    return [{**row, "value": _bounds(row["value"])} for row in rows]


def slice_figures(rows: Sequence[SliceEstimates]) -> list[Estimate]:
    """Return the figures of all slices."""
    return [figure for row in rows for figure in row["metrics"].values()]


def _bounds(value: str) -> str:
    return tidy(value) if value.startswith(("up to ", "over ")) else value


def _recorded(row: Row) -> ClassEstimates:
    return {
        "class": row["class"], "support": int(row["support"]), "auc": bare(row.get("auc")),
        "f1": bare(row.get("f1")), "precision": bare(row.get("precision")),
        "recall": bare(row.get("recall")),
    }  # fmt: skip


def _evaluated(evaluation: Evaluation) -> Results:
    classes = [str(label) for label in evaluation["classes"]]
    counts = np.asarray(evaluation["confusion"], np.int64).reshape(len(classes), len(classes))
    return Results(
        evaluation["overall"],
        evaluation["per_class"],
        evaluation,
        worst(classes, counts, CONFUSIONS),
        {picture.name: picture for picture in draw.evaluation(evaluation)},
    )
