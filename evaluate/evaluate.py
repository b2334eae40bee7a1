"""Lay out what an exported pipeline says about rows that it has not seen, and how sure that is."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pandas as pd
from sklearn.pipeline import Pipeline

from evaluate.intervals import estimates
from pipeline.config.evaluate import LOSSES, Judging
from pipeline.engines.each import Each, here
from pipeline.judging import bootstrap, calibration, importances, slices
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.evaluation import (
    ClassEstimates,
    Estimate,
    Evaluation,
    Label,
    Resampling,
    SliceEstimates,
    estimates_of,
)
from pipeline.judging.formatting import cell
from pipeline.judging.permuting import screening
from pipeline.judging.permuting.draws import Draws
from pipeline.judging.predictions import Predictions
from pipeline.judging.tasks import AnyPredictions, task_of

SHOWN = 3  # figures of the whole that are told on the way
Row = dict[str, Label | None]


@dataclass(frozen=True)
class Judged:
    """A model and what it says of the test rows.

    Attributes:
        model: the fitted pipeline.
        target: the column with the truth.
        predictions: of the (n,) test rows.
        metrics: those of the predictions.
        sample: the rows that the permutations take; see importances.of_columns.
        sliced: (n, columns) the columns that slices are made of.
    """

    model: Pipeline
    target: str
    predictions: AnyPredictions
    metrics: dict[str, float]
    sample: pd.DataFrame
    sliced: pd.DataFrame


def evaluation(subject: Judged, settings: Judging, seed: int, each: Each = here) -> Evaluation:
    """Return all that is known about the model on these rows, as plain values for JSON.

    What is not defined is None, and its note says why.

    Args:
        subject: the model and its predictions.
        settings: resamples, rows, repeats.
        seed: of all draws.
        each: who draws for the slices.
    """
    predictions, labels = subject.predictions, subject.predictions.labels
    how = Bootstrap(settings.resamples, seed)
    whole, by_class = estimates(predictions, how, subject.metrics)
    support = predictions.support().tolist()
    measured = task_of(predictions).performance(predictions, subject.metrics)
    said = predictions if isinstance(predictions, Predictions) else None
    found: Evaluation = {
        "target": subject.target,
        "classes": labels,
        "rows": len(predictions.codes),
        "bootstrap": _resampling(how, predictions, settings.slice_resamples),
        "overall": [{"metric": name, **figure} for name, figure in whole.items()],
        "per_class": [
            cast("ClassEstimates", {"class": label, "support": rows, **of_class})
            for label, rows, of_class in zip(labels, support, by_class, strict=False)
        ],
        "confusion": measured["confusion"],
        "roc": measured["roc"],
        "precision_recall": measured["precision_recall"],
        "calibration": calibration.of_predictions(said) if said else [],
        "slices": list(_slices(subject, settings, seed, each)),
        "importances": importances.of_columns(
            subject.model, subject.sample, predictions, draws(settings, seed)
        ),
    }
    if "residuals" in measured:
        found["residuals"] = measured["residuals"]
    return found


def _resampling(how: Bootstrap, said: AnyPredictions, of_slices: int) -> Resampling:
    method = bootstrap.METHOD if isinstance(said, Predictions) else bootstrap.OF_NUMBERS
    if (rows := len(said.codes)) > bootstrap.MOST:
        method += f"; rows drawn from {bootstrap.MOST:,} of the {rows:,}"
    return {"resamples": how.resamples, "confidence": how.confidence, "seed": how.seed,
            "method": f"{method}; {of_slices} resamples for slices"}  # fmt: skip


def draws(settings: Judging, seed: int) -> Draws:
    """Return which rows the permutations take."""
    return Draws(
        settings.permutation_repeats, settings.permutation_rows, seed, settings.permutation_budget
    )


def _slices(
    subject: Judged, settings: Judging, seed: int, each: Each
) -> Iterator[SliceEstimates]:  # fmt: skip
    how = Bootstrap(settings.slice_resamples, seed)
    names = task_of(subject.predictions).about.of_slices
    about: deque[tuple[str, str, int]] = deque()

    def parts() -> Iterator[AnyPredictions]:
        for column in subject.sliced:
            for value, inside in slices.slices(subject.sliced[column]):
                about.append((str(column), value, int(inside.sum())))
                yield subject.predictions.part(inside)

    for whole, _ in each(estimates, parts(), how, None, False):
        column, value, rows = about.popleft()
        yield {
            "column": column, "value": value, "rows": rows, "small": rows < settings.small_slice,
            "metrics": {name: whole[name] for name in names},
        }  # fmt: skip


def interval_rows(evaluation: Evaluation) -> list[Row]:
    """Return the figures of the whole and of each class as one flat table."""
    figures: list[tuple[str, str, Estimate]] = [
        ("all", row["metric"], row) for row in evaluation["overall"]
    ]
    figures += [
        (str(row["class"]), name, figure)
        for row in evaluation["per_class"]
        for name, figure in estimates_of(row).items()
    ]
    return [
        {"class": label, "metric": metric, "value": figure["value"], "low": figure["low"],
         "high": figure["high"], "note": figure["note"]}
        for label, metric, figure in figures
    ]  # fmt: skip


def slice_rows(evaluation: Evaluation) -> list[Row]:
    """Return the slices as one flat table."""
    rows: list[Row] = []
    for part in evaluation["slices"]:
        row: Row = {"column": part["column"], "value": part["value"], "rows": part["rows"],
                    "small": part["small"]}  # fmt: skip
        for name, figure in part["metrics"].items():
            row |= {name: figure["value"], f"{name}_low": figure["low"],
                    f"{name}_high": figure["high"]}  # fmt: skip
        rows.append(row)
    return rows


def interval_metrics(evaluation: Evaluation) -> dict[str, float]:
    """Return the bounds of the whole as metrics, such as "interval/auc_low"."""
    return {
        f"interval/{row['metric']}_{name}": bound
        for row in evaluation["overall"]
        for name, bound in (("low", row["low"]), ("high", row["high"]))
        if bound is not None
    }


def log_lines(evaluation: Evaluation) -> list[str]:
    """Return what a person is told on the way: the main intervals, the weakest slice."""
    bounds = [f"{row['metric']} {row['low']:.4f} to {row['high']:.4f}"
              for row in evaluation["overall"][:SHOWN] if row["low"] is not None]  # fmt: skip
    resamples = evaluation["bootstrap"]["resamples"]
    lines = [f"95 % intervals of {resamples:,} resamples: {', '.join(bounds)}"] if bounds else []
    if dummy := evaluation.get("baseline"):
        figures = ", ".join(f"{n} {value:.4f}" for n, value in dummy["metrics"].items())
        lines.append(f"baseline, always {cell(dummy['class'])}: {figures}")
    if screened := evaluation.get("screened"):
        lines.append(screening.sentence(screened))
    name = "rmse" if "residuals" in evaluation else "f1"
    large = [
        (value, part)
        for part in evaluation["slices"]
        if not part["small"] and (value := part["metrics"][name]["value"]) is not None
    ]
    if large:
        worst, word = (max, "highest") if name in LOSSES else (min, "lowest")
        value, weakest = worst(large, key=lambda pair: pair[0])
        where, rows = f"{weakest['column']} {weakest['value']}", f"{weakest['rows']:,} rows"
        lines.append(f"{word} {name} of a slice: {value:.4f} ({where}, {rows})")
    return lines
