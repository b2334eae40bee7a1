"""How good a model is on some rows, recorded the same way in training and in evaluation."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.judging import importances, metrics, staged, tasks
from pipeline.judging.formatting import listed
from pipeline.judging.pictures import canvas, draw
from pipeline.judging.tasks import AnyPredictions
from pipeline.models import export, features
from pipeline.step.run import StepRun

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Rows = NDArray[np.integer]


def predicted(model: "Pipeline", rows: pd.DataFrame, target: str) -> AnyPredictions:
    """Return what a fitted pipeline says of rows with its columns and the target.

    Raises:
        InputError: a column is missing or unfit, or the model knows none of the true classes.
    """
    truth = features.labels(rows, target)
    return tasks.predictions_of(model, truth, export.predict(model, rows)[0])


def validate(run: StepRun, model: "Pipeline", predictions: AnyPredictions) -> None:
    """Record metrics, a table per class, and pictures.

    Args:
        run: where it is recorded.
        model: a fitted pipeline.
        predictions: its own, of validation rows, or those of the models of folds.

    Raises:
        InputError: a probability is not finite.
    """
    values = record_metrics(run, predictions)
    support = zip(predictions.labels, predictions.support(), strict=False)
    if lacking := [str(label) for label, rows in support if not rows]:
        run.logger.warning("no row that validates is of class %s", listed(lacking))
    measured = tasks.task_of(predictions).performance(predictions, values)
    record_pictures(run, draw.performance(measured))
    if inputs := importances.of_inputs(model):
        record_pictures(run, [draw.inputs(inputs)])


def record_metrics(run: StepRun, predictions: AnyPredictions) -> dict[str, float]:
    """Record metrics and, if there are classes, a table of them; return the metrics.

    Raises:
        InputError: a probability, or a predicted number, is not finite.
    """
    values = tasks.task_of(predictions).metrics(predictions)
    run.log(values)
    if new := predictions.labels[len(predictions.known) :]:
        rows = int(predictions.support()[len(predictions.known) :].sum())
        named = f"{'class' if len(new) == 1 else 'classes'} {listed(map(str, new))}"
        run.note(f"{rows:,} of {len(predictions.codes):,} rows are of {named}, which the model was "
                 "not trained on: they count as wrong")  # fmt: skip
    if predictions.labels:
        run.log_table("per_class", metrics.per_class_table(values, predictions.labels))
    summary = ", ".join(f"{name} {value:.5f}" for name, value in run.record.headline().items())
    run.logger.info("%s rows: %s", f"{len(predictions.codes):,}", summary)
    return values


def record_fit(
    run: StepRun, model: "Pipeline", frame: pd.DataFrame, parts: Mapping[str, Rows], target: str
) -> None:
    """Record how the model got better while it was fitted, if its estimator tells.

    Args:
        run: where it is recorded.
        model: a fitted pipeline.
        frame: the table that it was fitted and validated on.
        parts: positions of its rows: of training, and of validation if rows were kept aside.
        target: the column with the true class.
    """
    for axis, points in staged.of_fit(model, frame, parts, target).items():
        run.log_series(axis, points)


def record_pictures(run: StepRun, pictures: Iterable[canvas.Picture]) -> None:
    """Record pictures as PNG, by their names."""
    for picture in pictures:
        run.log_picture(picture.name, canvas.png(picture))
