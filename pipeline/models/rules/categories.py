"""Columns that an estimator itself treats as categories: named in the config, placed in a fit."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.config.model import Model
from pipeline.errors import InputError, did_you_mean
from pipeline.models.boosters.config import inner

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline

PARAMETER = "categorical_features"
KEY = f"model.estimator.{PARAMETER}"
ALL = "from_dtype"  # scikit-learn's word: as the columns' types say, here data.features.categorical


def named(model: Model, categorical: list[str], own: bool) -> Mapping[str, Any]:
    """Return an estimator's config with the names of its categorical columns.

    Args:
        model: the model's config.
        categorical: data.features.categorical.
        own: whether the estimator takes them all unless it is told otherwise.

    Raises:
        InputError: a name that is no categorical column, or categories that are not ordinal.
    """
    asked = model.estimator.get(PARAMETER, ALL if own else None)
    ordinal = model.categorical.encoding == "ordinal"
    if PARAMETER not in model.estimator and not (own and ordinal):
        return model.estimator
    if asked is None or (isinstance(asked, list) and not any(isinstance(n, str) for n in asked)):
        return model.estimator
    if not ordinal:
        raise InputError(
            f"{KEY}={asked} needs model.categorical.encoding=ordinal: one_hot makes numbers"
        )
    names = sorted(categorical) if asked == ALL else asked if isinstance(asked, list) else [asked]
    for name in names:
        if name not in categorical:
            raise InputError(
                f"{KEY} names {name!r}, which is not in data.features.categorical: "
                f"{did_you_mean(str(name), sorted(categorical)) if categorical else 'it is empty'}"
            )
    return {**model.estimator, PARAMETER: names or None}


def are_named(estimator: "BaseEstimator") -> bool:
    """Say whether an estimator has names of categorical columns, which a matrix does not have."""
    chosen = getattr(inner(estimator), PARAMETER, None)
    return isinstance(chosen, list) and any(isinstance(name, str) for name in chosen)


def place(pipeline: "Pipeline") -> None:
    """Put places in the matrix instead of the names; the columns' part is fitted."""
    estimator = inner(pipeline[-1])
    names = {f"categorical__{name}" for name in getattr(estimator, PARAMETER)}
    inputs = pipeline[0].get_feature_names_out()
    estimator.set_params(**{PARAMETER: [i for i, name in enumerate(inputs) if name in names]})
