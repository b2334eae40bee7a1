"""ROC and precision-recall curves of each class against the others, as few points."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

MOST = 200  # points of one curve
Curves = list[dict[str, Any]]


def roc(
    codes: NDArray[np.int64], probabilities: NDArray[np.float64], classes: Sequence[Any]
) -> Curves:
    """Return class, x (false positive rates) and y (true positive rates), both ascending.

    A class without rows has no curve; one class alone has none either.

    Args:
        codes: (n,) true classes, positions in `classes`.
        probabilities: (n, k).
        classes: the k labels.
    """

    def curve(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Any:
        false, true, _ = roc_curve(positive, score)
        return false, true

    return list(_curves(codes, probabilities, classes, curve))


def precision_recall(
    codes: NDArray[np.int64], probabilities: NDArray[np.float64], classes: Sequence[Any]
) -> Curves:
    """Return class, x (recall, ascending) and y (precision); otherwise as `roc`."""

    def curve(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Any:
        precision, recall, _ = precision_recall_curve(positive, score, drop_intermediate=True)
        return recall[::-1], precision[::-1]

    return list(_curves(codes, probabilities, classes, curve))


def _curves(
    codes: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    classes: Sequence[Any],
    curve: Callable[[NDArray[np.bool_], NDArray[np.float64]], Any],
) -> Iterator[dict[str, Any]]:
    present = np.unique(codes)
    for code in present if len(present) > 1 else []:
        x, y = curve(codes == code, probabilities[:, code])
        few = np.unique(np.linspace(0, len(x) - 1, MOST).round().astype(int))
        rounded = {"x": x[few].round(5).tolist(), "y": y[few].round(5).tolist()}
        yield {"class": classes[code]} | rounded
