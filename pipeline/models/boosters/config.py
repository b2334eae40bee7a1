"""From a config's `model.estimator` that names a booster to its estimator."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError, check_names

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

EXTRAS = {"xgboost": "xgboost-cpu", "lightgbm": "lightgbm", "catboost": "catboost"}  # packages
NAMES = {"xgboost": "XGB", "lightgbm": "LGBM", "catboost": "CatBoost"}
BOOSTERS = {f"{library}.{NAMES[library]}{kind}": library
            for library in EXTRAS for kind in ("Classifier", "Regressor")}  # fmt: skip
# What the pipeline says itself.
OWN = {"callbacks", "cat_features", "categorical_feature", "feature_types", "logging_level", "seed",
       "random_seed", "silent", "verbose", "verbosity", "verbose_eval"}  # fmt: skip


def make_booster(
    key: str, parameters: Mapping[str, Any], target: str, seed: int
) -> "BaseEstimator":
    """Return the unfitted booster that `target` names.

    Args:
        key: what the config is called in messages.
        parameters: of the library's own class, and categorical_features.
        target: its key in BOOSTERS.
        seed: its random_state.

    Raises:
        InputError: the library is not installed, or a parameter unknown or not to be set.
    """
    library, given = BOOSTERS[target], dict(parameters)
    try:
        package = import_module(library)
    except ImportError as error:
        raise InputError(
            f"{key}._target_={target} needs {library}, which is not installed: uv sync --extra "
            f"{library}, or pip install {EXTRAS[library]}"
        ) from error
    name = target.partition(".")[2]
    for word in sorted(OWN & set(given)):
        raise InputError(f"{key}.{word} is set by the pipeline; leave it out")
    known = _known(library, getattr(package, name)) - OWN
    check_names(key, given, sorted({*known, "categorical_features", "early_stopping_rounds"}))
    given.pop("random_state", None)
    categories = given.pop("categorical_features", None)
    own = getattr(import_module("pipeline.models.boosters.libraries"), name)
    made: BaseEstimator = own(given, categories, seed)
    return made


def _known(library: str, kind: Any) -> set[str]:
    """Return the names of a library's parameters; LightGBM's aliases, too."""
    if library == "catboost":  # its get_params has only what was given
        return set(inspect.signature(kind.__init__).parameters) - {"self"}
    names = set(kind().get_params())
    if library == "lightgbm":
        aliases = import_module("lightgbm.basic")._ConfigAliases._get_all_param_aliases()
        names |= {*aliases, *(alias for each in aliases.values() for alias in each)}
    return names


def inner(estimator: "BaseEstimator") -> "BaseEstimator":
    """Return the estimator itself, or the one that is calibrated."""
    calibrated = type(estimator).__name__ == "CalibratedClassifierCV"  # unused, it is not imported
    return estimator.estimator if calibrated and estimator.estimator is not None else estimator


def stops_early(estimator: "BaseEstimator") -> bool:
    """Say whether an estimator, or the one that is calibrated, is a booster that stops early."""
    given = getattr(inner(estimator), "parameters", None)
    return isinstance(given, dict) and bool(given.get("early_stopping_rounds"))


def packages_of(estimator: "BaseEstimator") -> list[str]:
    """Return the installed package of a booster, or of one that is calibrated; else nothing."""
    kind = type(inner(estimator))
    names = [n for target, n in BOOSTERS.items() if target.endswith(f".{kind.__name__}")]
    if not names or not kind.__module__.startswith("pipeline."):
        return []
    package = EXTRAS[names[0]]
    return [package if any(distributions(name=package)) else names[0]]
