"""Fit the inference pipeline that pipeline/models/build.py builds."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.base import clone, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel

from pipeline import progress
from pipeline.config.evaluate import CLASSIFICATION
from pipeline.config.model import ModelConfig
from pipeline.errors import InputError, did_you_mean
from pipeline.judging.regression.predictions import numbers_of
from pipeline.judging.staged import FORESTS
from pipeline.models.estimator import REFUSALS
from pipeline.models.features import features_of, labels, model_input
from pipeline.models.regression.target import check

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


def suited(table: pa.Table, config: ModelConfig, pipeline: Pipeline) -> pa.Table:
    """Return the training table.

    Raises:
        InputError: a classifier is to predict a quantity, unless data.task says that its numbers
            are classes; a regressor what is no number.
    """
    numbers = is_regressor(pipeline)
    if config.target in table.column_names and config.task != CLASSIFICATION.name:
        column, name = table[config.target], type(pipeline[-1]).__name__
        check(config.target, column, name, numbers)
    return table


def fit(pipeline: Pipeline, table: pd.DataFrame, target: str) -> Pipeline:
    """Return a fitted copy of the pipeline.

    A forest is fitted on all cores, unless its n_jobs says otherwise, but left with none: with
    several, the trees are the same and the sums in predict_proba are not, to the last bit.

    Raises:
        InputError: a column is absent, of the wrong type or wholly missing; the target is missing
            in some rows or has one class; class_weight names another class; scikit-learn refuses
            the data.
    """
    truth = _truth(pipeline, table, target)
    inputs = model_input(table, features_of(pipeline))
    if empty := [name for name in inputs if inputs[name].isna().all()]:
        raise InputError(
            f"feature {', '.join(map(repr, empty))} is missing in all {len(table)} rows; remove it "
            "from data.features or correct the table"
        )
    fitted = clone(pipeline)
    estimator = fitted[-1]
    forest = isinstance(estimator, FORESTS)
    if forest and estimator.n_jobs is None:
        estimator.set_params(n_jobs=-1)
    try:
        with _trees_counted(estimator) if forest else nullcontext():
            fitted.fit(inputs, truth)
    except REFUSALS as error:
        line = str(error).strip().partition("\n")[0]
        raise InputError(f"model.estimator {type(estimator).__name__}: {line}") from error
    if "n_jobs" in estimator.get_params():
        estimator.set_params(n_jobs=None)
    if mapper := getattr(estimator, "_bin_mapper", None):
        mapper.n_threads = None  # gradient boosting notes this machine's; None: what there is
    return fitted


def _truth(pipeline: Pipeline, table: pd.DataFrame, target: str) -> NDArray[np.generic]:
    """Return the (n,) labels, or numbers, that a pipeline can be fitted on."""
    truth = labels(table, target)
    if is_regressor(pipeline):
        return numbers_of(truth)
    _classes_enough(truth, target)
    _weights_name_classes(pipeline[-1], truth)
    return truth


@contextmanager
def _trees_counted(forest: "BaseEstimator") -> Iterator[None]:
    """Say how many trees there are so far: joblib asks for it after each task, and shows nothing.

    The forest has no callback of its own, and fitting it in parts (`warm_start`) draws other trees.
    """
    counter, original = progress.Counter("trees", forest.n_estimators), Parallel.print_progress

    def counted(parallel: Parallel) -> None:
        original(parallel)
        if parallel.n_jobs == forest.n_jobs:  # else those of the columns
            counter.tell(parallel.n_completed_tasks)

    Parallel.print_progress = counted
    try:
        yield
    finally:
        Parallel.print_progress = original
        counter.end()


def _classes_enough(truth: NDArray[np.generic], target: str) -> None:
    classes = pd.unique(truth)
    if len(classes) < 2:
        held = f"only the class {classes[0]!r}" if len(classes) else "no rows"
        raise InputError(
            f"the target {target!r} has {held} in the training table; a model needs two classes"
        )


def _weights_name_classes(estimator: "BaseEstimator", truth: NDArray[np.generic]) -> None:
    weights = estimator.get_params().get("class_weight")
    if not isinstance(weights, dict):
        return
    classes = set(pd.unique(truth).tolist())
    for name in weights:
        if name not in classes:
            known = did_you_mean(str(name), sorted(map(str, classes)))
            raise InputError(
                f"model.estimator.class_weight names {name!r}, which is no class of the training "
                f"table: {known}"
            )
