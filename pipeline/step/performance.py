"""How good a model is on some rows, recorded the same way in training and in evaluation."""

from typing import Any

import pandas as pd

from pipeline.judging import metrics, plots
from pipeline.judging.metrics import Judged
from pipeline.models import export, features
from pipeline.step.start import StepRun


def judge(run: StepRun, model: Any, rows: pd.DataFrame, target: str) -> Judged:
    """Predict the rows and record metrics, a table per class, and pictures.

    Args:
        run: where it is recorded.
        model: a fitted pipeline.
        rows: a table with the model's columns and the target.
        target: the column with the true class.

    Returns:
        What was predicted, row by row in the order of the table.

    Raises:
        InputError: a column is missing or unfit, or a true class is unknown to the model.
    """
    truth = features.labels(rows, target)
    probabilities, predicted = export.predict(model, rows)
    found = metrics.classification_metrics(truth, probabilities, model.classes_)
    run.log(found)
    run.log_table("per_class", metrics.per_class_table(found, model.classes_))
    pictures = {
        "confusion_matrix": plots.confusion_matrix(truth, predicted, model.classes_),
        "roc": plots.roc_curves(truth, probabilities, model.classes_),
        "precision_recall": plots.precision_recall_curves(truth, probabilities, model.classes_),
    }
    for name, figure in pictures.items():
        run.log_picture(name, plots.png(figure))
    summary = ", ".join(f"{n} {v:.5f}" for n, v in run.record.headline().items())
    run.logger.info("%s rows: %s", f"{len(rows):,}", summary)
    return Judged(truth, predicted, probabilities)
