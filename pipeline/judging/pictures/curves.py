"""ROC and precision-recall curves of each class against the others, as few points."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from pipeline.judging.evaluation import Curve
from pipeline.judging.predictions import Predictions

MOST = 200  # points of one curve
Floats = NDArray[np.float64]
Trace = Callable[[NDArray[np.bool_], Floats], tuple[Floats, Floats]]


def roc(predictions: Predictions) -> list[Curve]:
    """Return class, x (false positive rates) and y (true positive rates), both ascending.

    A class without rows has no curve; one class alone has none either.
    """

    def trace(positive: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
        false, true, _ = roc_curve(positive, score)
        return false, true

    return list(_curves(predictions, trace))


def precision_recall(predictions: Predictions) -> list[Curve]:
    """Return class, x (recall, ascending) and y (precision); otherwise as `roc`."""

    def trace(positive: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
        precision, recall, _ = precision_recall_curve(positive, score, drop_intermediate=True)
        return recall[::-1], precision[::-1]

    return list(_curves(predictions, trace))


def _curves(predictions: Predictions, trace: Trace) -> Iterator[Curve]:
    codes, labels = predictions.codes, predictions.labels
    present = np.unique(codes)
    for code in present if len(present) > 1 else []:
        x, y = trace(codes == code, predictions.probabilities[:, code])
        few = np.unique(np.linspace(0, len(x) - 1, MOST).round().astype(int))
        yield {"class": labels[code], "x": x[few].round(5).tolist(), "y": y[few].round(5).tolist()}
