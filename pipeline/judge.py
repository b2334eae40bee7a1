"""How good a model is on some rows, recorded the same way in training and in evaluation."""

from typing import Any

import pandas as pd

from pipeline import metrics, models, plots
from pipeline.tracking import StepRun


def judge(run: StepRun, model: Any, rows: pd.DataFrame, target: str) -> pd.DataFrame:
    """Predict the rows and record metrics, a table per class, and pictures.

    Args:
        run: where it is recorded.
        model: a fitted pipeline.
        rows: a table with the model's columns and the target.
        target: the column with the true class.

    Returns:
        One row per row of the table, in order: truth, prediction, probability_<class>.

    Raises:
        InputError: a column is missing or unfit, or a true class is unknown to the model.
    """
    truth = models.truth_of(rows, target)
    probabilities, predicted = models.predict(model, rows)
    found = metrics.classification_metrics(truth, probabilities, model.classes_)
    run.log(found)
    run.log_table("per_class", metrics.per_class_table(found, model.classes_))
    run.log_picture("confusion_matrix", plots.confusion_matrix(truth, predicted, model.classes_))
    run.log_picture("roc", plots.roc_curves(truth, probabilities, model.classes_))
    run.log_picture(
        "precision_recall", plots.precision_recall_curves(truth, probabilities, model.classes_)
    )
    if importances := models.feature_importances(model):
        run.log_picture("feature_importance", plots.feature_importance(importances))
    summary = ", ".join(f"{n} {v:.5f}" for n, v in found.items() if "/" not in n)
    run.logger.info("%s rows: %s", f"{len(rows):,}", summary)
    return models.predictions_table(truth, predicted, probabilities, model.classes_)
