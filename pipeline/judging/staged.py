"""How a fitted model gets better with its trees or iterations: its figures at stages of the fit."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from pipeline.judging.calibration import row_losses
from pipeline.judging.predictions import class_codes
from pipeline.models.features import features_of, labels, model_input

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline

STAGES = 20  # that are shown, evenly spread, the first and the last among them
ROWS = 1000  # that each part is judged on at most, evenly spread: the cost stays small
FORESTS = (RandomForestClassifier, ExtraTreesClassifier)
Point = dict[str, float]  # a step under the name of what it counts, and the figures there
Floats = NDArray[np.float64]


def of_fit(
    pipeline: "Pipeline", frame: pd.DataFrame, parts: Mapping[str, NDArray[np.integer]], target: str
) -> dict[str, list[Point]]:
    """Return log loss and accuracy after some of a forest's trees, or of the boosting iterations.

    The last point is the whole model. Of a neural network it is the loss while it was fitted.

    Args:
        pipeline: fitted; it stays as it is.
        frame: a table with the model's columns and the target.
        parts: name → (n,) positions of its rows in the table, as training and validation.
        target: the column with the true class.

    Returns:
        What is counted (trees, iterations) → a point for each stage; nothing for an estimator that
        is fitted at once.
    """
    estimator = pipeline[-1]
    forest = isinstance(estimator, FORESTS)
    axis = "trees" if forest else "iterations"
    if forest or hasattr(estimator, "staged_predict_proba"):
        samples = {name: rows[_spread(len(rows), ROWS)] for name, rows in parts.items()}
        judged = frame.iloc[np.concatenate(list(samples.values()))]
        codes = class_codes(labels(judged, target), pipeline.classes_)
        ends = accumulate(len(rows) for rows in samples.values())
        spans = {n: slice(end - len(samples[n]), end) for n, end in zip(samples, ends, strict=True)}
        inputs = pipeline[:-1].transform(model_input(judged, features_of(pipeline)))
        stages = _of_trees(estimator, inputs) if forest else _of_iterations(estimator, inputs)
        figures = [_figures(codes, probabilities, spans) for probabilities in stages]
    else:
        figures = [{"fitting/loss": float(loss)} for loss in getattr(estimator, "loss_curve_", ())]
    shown = [int(place) for place in _spread(len(figures), STAGES)]
    return {axis: [{axis: n + 1} | figures[n] for n in shown]} if figures else {}


def _figures(codes: NDArray[np.int64], probabilities: Floats, spans: dict[str, slice]) -> Point:
    """Return the figures of each part; `spans` says which rows are its."""
    losses = row_losses(codes, probabilities)["log_loss"]
    right = probabilities.argmax(axis=1) == codes
    return {
        f"fitting/{part}_{name}": float(values[rows].mean())
        for part, rows in spans.items()
        for name, values in (("log_loss", losses), ("accuracy", right))
    }


def _of_trees(estimator: "BaseEstimator", inputs: Floats) -> Iterator[Floats]:
    """Yield the (n, k) probabilities of the first tree, of the first two, and so on."""
    rows = np.ascontiguousarray(inputs, dtype=np.float32)  # as the forest itself makes them
    votes = (tree.predict_proba(rows, check_input=False) for tree in estimator.estimators_)
    for number, total in enumerate(accumulate(votes), 1):
        yield total / number


def _of_iterations(estimator: "BaseEstimator", inputs: Floats) -> Iterator[Floats]:
    """Yield the (n, k) probabilities after each iteration."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "openmp"):  # to start threads for so few rows costs more than these
        yield from estimator.staged_predict_proba(inputs)


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """Return at most so many places of 0 to count - 1, evenly spread, both ends among them."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)
