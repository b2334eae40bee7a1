"""Figures with their bootstrap intervals, and a word on those that are not defined."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config.gate import OfClasses, figures
from pipeline.judging import bootstrap, metrics
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.weighted_metrics import Scored

Figure = dict[str, Any]  # value, low, high (None: not defined), note (None, or a sentence)
FEW = 10  # rows of a class
OF_A_CLASS = figures(OfClasses)  # a gate can ask for each, and for no others
ONE_CLASS = "not defined: all rows are of one class"
ECE = "predicted class, 15 bins of equal width; too high when rows are few"


def judged(
    codes: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    classes: Sequence[Any],
    how: Bootstrap,
) -> tuple[dict[str, Figure], list[dict[str, Figure]]]:
    """Return the figures of the whole, and those of each class in the order of `classes`.

    Args:
        codes: (n,) true classes, positions in `classes`.
        probabilities: (n, k).
        classes: the k labels.
        how: the resampling.
    """
    truth = np.asarray(classes)[codes]
    values = metrics.classification_metrics(truth, probabilities, classes)
    (drawn,) = bootstrap.distributions([Scored(codes, probabilities)], how.resamples, how.seed)
    bounds = {name: how.interval(figures) for name, figures in drawn.items()}
    support = np.bincount(codes, minlength=len(classes))
    whole = {name: _of_whole(name, values, bounds, support) for name in metrics.HEADLINE}
    place = {int(code): at for at, code in enumerate(np.flatnonzero(support))}
    predicted = np.bincount(probabilities.argmax(axis=1), minlength=len(classes))
    each = []
    for code, label in enumerate(classes):
        figures = {}
        for name in OF_A_CLASS:
            low, high = bounds.get(f"class_{name}", (None, None))
            at = place.get(code)
            found = (
                values.get(f"{name}/{label}"),
                None if low is None or at is None else float(low[at]),
                None if high is None or at is None else float(high[at]),
            )
            figures[name] = _of_class(name, found, int(support[code]), int(predicted[code]))
        each.append(figures)
    return whole, each


def _of_whole(
    name: str,
    values: Mapping[str, float],
    bounds: Mapping[str, tuple[Any, Any]],
    support: NDArray[np.int64],
) -> Figure:
    if name not in values:
        return _figure(None, None, None, ONE_CLASS)
    low, high = (float(bound) for bound in bounds[name])
    single = int((support == 1).sum())
    note = ECE if name == "ece" else None
    if support.sum() == single:
        return _figure(values[name], None, None, "no interval: one row of each class")
    if single and note is None:
        plural = "class has" if single == 1 else "classes have"
        note = f"{single} {plural} one single row: the true interval is wider"
    return _figure(values[name], low, high, note)


def _of_class(
    name: str, found: tuple[float | None, float | None, float | None], rows: int, predicted: int
) -> Figure:
    value, low, high = found
    if rows == 0:
        return _figure(None, None, None, "not defined: no rows of this class")
    if value is None:
        return _figure(None, None, None, ONE_CLASS)
    if rows == 1:
        return _figure(value, None, None, "no interval: one single row of this class")
    if name == "precision" and predicted == 0:
        return _figure(value, None, None, "never predicted: counted as 0")
    few = f"{rows} rows of this class: the interval is rough" if rows < FEW else None
    return _figure(value, low, high, few)


def _figure(value: float | None, low: float | None, high: float | None, note: str | None) -> Figure:
    if note is None and low is not None and low == high:  # such as a recall of 1 on every row
        note = "all resamples agree: the true interval is wider"
    return {"value": value, "low": low, "high": high, "note": note}
