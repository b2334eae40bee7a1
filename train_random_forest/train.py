"""Fit the inference pipeline that pipeline/models/build.py builds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.base import clone, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from pipeline.config.evaluate import CLASSIFICATION
from pipeline.config.model import ModelConfig
from pipeline.engines.engine import Engine
from pipeline.errors import InputError, did_you_mean
from pipeline.judging.regression.predictions import numbers_of
from pipeline.models.boosters.config import inner, stops_early
from pipeline.models.estimator import REFUSALS
from pipeline.models.features import features_of, labels, model_input
from pipeline.models.regression.target import check
from pipeline.models.rules import categories
from pipeline.splits.keys import Rows
from train_random_forest.growing import growing

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

Labels = NDArray[np.generic]


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


def fit(
    pipeline: Pipeline, table: pd.DataFrame, target: str, aside: pd.DataFrame | None = None,
    parts: Sequence[Rows] = (), engine: Engine | None = None,
) -> Pipeline:  # fmt: skip
    """Return a fitted copy of the pipeline.

    A forest is fitted on all cores, unless its n_jobs says otherwise, but left with none: with
    several, the trees are the same and the sums in predict_proba are not, to the last bit.

    Args:
        pipeline: stays as it is.
        table: the rows.
        target: the column with the true class.
        aside: rows that end the fit of a booster that stops early.
        parts: of each fold of the table, the rows that fit and those that calibrate, if it does.
        engine: whose workers grow the trees of a forest.

    Raises:
        InputError: a column is absent, of the wrong type or wholly missing; the target is missing
            in some rows or has one class; class_weight names another class; scikit-learn refuses
            the data.
    """
    inputs, truth = suitable(pipeline, table, target)
    fitted = clone(pipeline)
    estimator = fitted[-1]
    if len(parts):
        estimator.set_params(cv=list(parts), ensemble=len(parts) == 1)
    with refusals(estimator), growing(estimator, engine):
        _fit(fitted, inputs, truth, aside, target)
    forget_machine(estimator)
    return fitted


@contextmanager
def refusals(estimator: "BaseEstimator") -> Iterator[None]:
    """Raise as InputError what an estimator refuses."""
    try:
        yield
    except REFUSALS as error:
        line = str(error).strip().partition("\n")[0]
        raise InputError(f"model.estimator {type(estimator).__name__}: {line}") from error


def suitable(pipeline: Pipeline, table: pd.DataFrame, target: str) -> tuple[pd.DataFrame, Labels]:
    """Return the columns that a pipeline sees, and (n,) labels or numbers it can be fitted on.

    Raises:
        InputError: as fit.
    """
    truth = _truth(pipeline, table, target)
    return _full(model_input(table, features_of(pipeline))), truth


def _truth(pipeline: Pipeline, table: pd.DataFrame, target: str) -> Labels:
    truth = labels(table, target)
    if is_regressor(pipeline):
        return numbers_of(truth)
    _classes_enough(truth, target)
    _weights_name_classes(pipeline[-1], truth)
    return truth


def _fit(
    pipeline: Pipeline, inputs: pd.DataFrame, truth: Labels, aside: pd.DataFrame | None, target: str
) -> None:
    """Fit a pipeline in place; in two halves where the estimator must know more than a matrix."""
    estimator, more = pipeline[-1], {}
    if not stops_early(estimator) and not categories.are_named(estimator):
        pipeline.fit(inputs, truth)
        return
    matrix = pipeline[0].fit_transform(inputs, truth)
    if categories.are_named(estimator):
        categories.place(pipeline)
    if ending := ends_fit(pipeline, aside, target):
        more["validation"] = ending
    estimator.fit(matrix, truth, **more)


def ends_fit(
    pipeline: Pipeline, aside: pd.DataFrame | None, target: str
) -> tuple[NDArray[Any], Labels] | None:
    """Return inputs and labels of the rows that end a fit; None if it does not stop early.

    Args:
        pipeline: whose first part is fitted.
        aside: the rows.
        target: the column with the true class.
    """
    if aside is None or not len(aside) or not stops_early(pipeline[-1]):
        return None
    rows = pipeline[0].transform(model_input(aside, features_of(pipeline)))
    return rows, labels(aside, target)


def forget_machine(estimator: "BaseEstimator") -> None:
    """Leave out what a fit notes and no prediction needs: threads, a scorer, rows of folds."""
    each = [estimator]
    if calibrated := getattr(estimator, "calibrated_classifiers_", None):
        estimator.cv = None if isinstance(estimator.cv, list) else estimator.cv
        each += [inner(estimator), *(part.estimator for part in calibrated)]
    for part in each:
        if "n_jobs" in part.get_params(deep=False):
            part.set_params(n_jobs=None)
        if mapper := getattr(part, "_bin_mapper", None):
            mapper.n_threads = None  # gradient boosting notes this machine's; None: what there is
        if columns := getattr(part, "_preprocessor", None):  # of boosting with categories
            for _, each, _ in (*columns.transformers, *columns.transformers_):
                if isinstance(each, FunctionTransformer):
                    each.func = None  # a check of numbers that are there: skops trusts no function
        if type(getattr(part, "_scorer", None)).__name__ == "_PassthroughScorer":
            del part._scorer  # of boosting with scoring=null: it holds the estimator that holds it


def _full(inputs: pd.DataFrame) -> pd.DataFrame:
    if empty := [name for name in inputs if inputs[name].isna().all()]:
        raise InputError(
            f"feature {', '.join(map(repr, empty))} is missing in all {len(inputs)} rows; remove "
            "it from data.features or correct the table"
        )
    return inputs


def _classes_enough(truth: NDArray[np.generic], target: str) -> None:
    classes = pd.unique(truth)
    if len(classes) < 2:
        held = f"only the class {classes[0]!r}" if len(classes) else "no rows"
        raise InputError(
            f"the target {target!r} has {held} in the training table; a model needs two classes"
        )


def _weights_name_classes(estimator: "BaseEstimator", truth: NDArray[np.generic]) -> None:
    known = inner(estimator).get_params(deep=False)
    weights = known.get("class_weight", (known.get("parameters") or {}).get("class_weight"))
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
