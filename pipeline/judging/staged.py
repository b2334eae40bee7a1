"""How a fitted model gets better with its trees or iterations: its figures at stages of the fit."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from pipeline.judging import tasks
from pipeline.judging.calibration import row_losses
from pipeline.judging.regression.predictions import RegressionPredictions
from pipeline.models.features import features_of, labels, model_input

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline

STAGES = 20  # that are shown, evenly spread, the first and the last among them
ROWS = 1000  # that each part is judged on at most, evenly spread: the cost stays small
FORESTS = (
    RandomForestClassifier, ExtraTreesClassifier, RandomForestRegressor, ExtraTreesRegressor
)  # fmt: skip
Point = dict[str, float]  # a step under the name of what it counts, and the figures there
Floats = NDArray[np.float64]


def of_fit(
    pipeline: "Pipeline", frame: pd.DataFrame, parts: Mapping[str, NDArray[np.integer]], target: str
) -> dict[str, list[Point]]:
    """Return log loss and accuracy after some of a forest's trees, or of the boosting iterations.

    Of a regressor it is the figure that models are compared by, such as the rmse.
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
    staged = "staged_predict" if tasks.is_regression(pipeline) else "staged_predict_proba"
    if forest or hasattr(estimator, staged):
        samples = {name: rows[_spread(len(rows), ROWS)] for name, rows in parts.items()}
        judged = frame.iloc[np.concatenate(list(samples.values()))]
        truth = labels(judged, target)
        ends = accumulate(len(rows) for rows in samples.values())
        spans = {n: slice(end - len(samples[n]), end) for n, end in zip(samples, ends, strict=True)}
        inputs = pipeline[:-1].transform(model_input(judged, features_of(pipeline)))
        stages = _of_trees(estimator, inputs) if forest else _of_iterations(estimator, inputs)
        figures = [_figures(tasks.predictions_of(pipeline, truth, said), spans) for said in stages]
    else:
        figures = [{"fitting/loss": float(loss)} for loss in getattr(estimator, "loss_curve_", ())]
    shown = [int(place) for place in _spread(len(figures), STAGES)]
    return {axis: [{axis: n + 1} | figures[n] for n in shown]} if figures else {}


def _figures(said: tasks.AnyPredictions, spans: dict[str, slice]) -> Point:
    """Return the figures of each part; `spans` says which rows are its."""
    if isinstance(said, RegressionPredictions):
        name = tasks.metric_of(said, None)
        return {
            f"fitting/{part}_{name}": tasks.REGRESSION.metrics(said.part(rows))[name]
            for part, rows in spans.items()
        }
    losses = row_losses(said.codes, said.probabilities)["log_loss"]
    right = said.predicted == said.codes
    return {
        f"fitting/{part}_{name}": float(values[rows].mean())
        for part, rows in spans.items()
        for name, values in (("log_loss", losses), ("accuracy", right))
    }


def _of_trees(estimator: "BaseEstimator", inputs: Floats) -> Iterator[Floats]:
    """Yield the (n, k) probabilities, or (n, 1) numbers, of the first tree, the first two, ..."""
    rows = np.ascontiguousarray(inputs, dtype=np.float32)  # as the forest itself makes them
    votes = (_said(tree, rows) for tree in estimator.estimators_)
    for number, total in enumerate(accumulate(votes), 1):
        yield total / number


def _said(tree: "BaseEstimator", rows: NDArray[np.float32]) -> Floats:
    if hasattr(tree, "predict_proba"):
        votes: Floats = tree.predict_proba(rows, check_input=False)
        return votes
    numbers: Floats = tree.predict(rows, check_input=False)
    return numbers[:, None]


def _of_iterations(estimator: "BaseEstimator", inputs: Floats) -> Iterator[Floats]:
    """Yield the (n, k) probabilities, or (n, 1) numbers, after each iteration."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "openmp"):  # to start threads for so few rows costs more than these
        if hasattr(estimator, "staged_predict_proba"):
            yield from estimator.staged_predict_proba(inputs)
        else:
            yield from (numbers[:, None] for numbers in estimator.staged_predict(inputs))


def _spread(count: int, most: int) -> NDArray[np.int64]:
    """Return at most so many places of 0 to count - 1, evenly spread, both ends among them."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)
