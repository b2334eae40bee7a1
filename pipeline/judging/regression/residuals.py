"""What can be drawn of predicted numbers: some rows, and how the residuals are spread."""

from dataclasses import asdict

import numpy as np

from pipeline.judging.evaluation import Performance, Residuals
from pipeline.judging.regression.predictions import RegressionPredictions

POINTS = 400  # rows that are drawn, evenly spread over what is predicted
BARS = 30


def performance(predictions: RegressionPredictions) -> Performance:
    """Return what can be drawn; there are no classes."""
    return {
        "classes": [], "per_class": [], "confusion": [], "roc": [], "precision_recall": [],
        "residuals": residuals(predictions),
    }  # fmt: skip


def residuals(predictions: RegressionPredictions) -> Residuals:
    """Return truth minus prediction: of some rows beside the prediction, of all rows counted.

    The bars leave out the outermost half per cent on either side, which are counted at the ends.
    """
    truth, predicted = predictions.truth, predictions.predicted
    order = np.argsort(predicted, kind="stable")
    few = order[np.linspace(0, len(order) - 1, min(POINTS, len(order))).round().astype(int)]
    errors = truth - predicted
    low, high = np.percentile(errors, [0.5, 99.5])
    low, high = (low, high) if low < high else (low - 0.5, high + 0.5)
    counts, edges = np.histogram(np.clip(errors, low, high), BARS, (low, high))
    return {
        "predicted": predicted[few].tolist(), "true": truth[few].tolist(),
        "edges": edges.tolist(), "counts": counts.tolist(),
        "quantile": predictions.quantile,
        "interval": asdict(predictions.interval) if predictions.interval else None,
    }  # fmt: skip
