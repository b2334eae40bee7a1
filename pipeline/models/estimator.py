"""From a config's `model.estimator` to a scikit-learn estimator, checked before any fit."""

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sklearn.base import BaseEstimator, RegressorMixin, is_classifier, is_regressor

from pipeline.config.model import ALLOWED, ALLOWED_TRANSFORMERS
from pipeline.errors import InputError, check_names, did_you_mean
from pipeline.models.boosters.config import BOOSTERS, make_booster
from pipeline.models.rules.validation import REMOVED_NAMES, validated

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

KEY = "model.estimator"
# How scikit-learn refuses parameters that exclude each other, or rows that they do not suit.
REFUSALS = (ValueError, TypeError, IndexError, NotImplementedError, RecursionError)
EXAMPLE = "sklearn.ensemble.RandomForestClassifier"


def make_estimator(
    config: Mapping[str, object],
    random_seed: int,
    allowed: Iterable[str] = ALLOWED,
    calibrate: str | None = None,
) -> "BaseEstimator":
    """Return the unfitted estimator of a mapping `{_target_: package.Class, parameter: value}`.

    Its random_state is the seed, if it takes one. Only a module of an allowed class is imported.

    Args:
        config: the class and its parameters.
        random_seed: the seed.
        allowed: the classes that `_target_` may name.
        calibrate: how its scores become probabilities; then it need not give any itself.

    Raises:
        InputError: `_target_` is not allowed, or no scikit-learn classifier with fit and
            predict_proba nor a regressor; a parameter is unknown or has a value that the class
            does not allow.
    """
    target, allowed = str(config.get("_target_")), list(allowed)
    if target in BOOSTERS and target in allowed:
        values = {name: value for name, value in config.items() if name != "_target_"}
        _check_seed(KEY, values, random_seed)
        return _calibrated(make_booster(KEY, values, target, random_seed), calibrate)
    found = _find_class(KEY, config, allowed, EXAMPLE)
    regressor = _has(found, "fit", "predict") and issubclass(found, RegressorMixin)
    if not (regressor or _has(found, "fit", "predict_proba" if calibrate is None else "predict")):
        raise InputError(
            f"{KEY}._target_={config['_target_']} is no scikit-learn classifier with fit and "
            f"predict_proba, and no regressor; give e.g. {EXAMPLE}"
        )
    parameters = _parameters(KEY, config, found, random_seed)
    return _calibrated(_instance(found, parameters, calibrate), calibrate)


def make_transformer(
    key: str, config: Mapping[str, object], random_seed: int, allowed: Iterable[str]
) -> "BaseEstimator":
    """Return an unfitted transformer, as make_estimator does a classifier.

    Args:
        key: what the config is called in messages.
        config: the class and its parameters.
        random_seed: the seed.
        allowed: the classes that `_target_` may name.

    Raises:
        InputError: `_target_` is not allowed or no scikit-learn transformer with fit, transform
            and get_feature_names_out; a parameter is unknown or not allowed.
    """
    transformer = _find_class(key, config, allowed, ALLOWED_TRANSFORMERS[0])
    if not _has(transformer, "fit", "transform", "get_feature_names_out"):
        raise InputError(
            f"{key}._target_={config['_target_']} is no scikit-learn transformer with fit, "
            f"transform and get_feature_names_out; give e.g. {ALLOWED_TRANSFORMERS[0]}"
        )
    return validated(transformer(**_parameters(key, config, transformer, random_seed)), key)


def _parameters(
    key: str, config: Mapping[str, object], estimator: "BaseEstimator", random_seed: int
) -> dict[str, object]:
    """Return the parameters that a config gives an estimator's class, the seed among them."""
    parameters = {name: value for name, value in config.items() if name != "_target_"}
    known = estimator._get_param_names()
    for name in parameters:
        if name in REMOVED_NAMES and name not in known:
            raise InputError(f"{key}.{name} was removed: {REMOVED_NAMES[name]}")
    check_names(key, parameters, sorted(known))
    if "random_state" in known:
        _check_seed(key, parameters, random_seed)
        parameters["random_state"] = random_seed
    return parameters


def _check_seed(key: str, parameters: Mapping[str, object], random_seed: int) -> None:
    if parameters.get("random_state") not in (None, random_seed):
        raise InputError(
            f"{key}.random_state={parameters['random_state']} differs from the seed "
            f"{random_seed}; remove it and set main.random_seed"
        )


def _calibrated(estimator: "BaseEstimator", how: str | None) -> "BaseEstimator":
    """Return the estimator, or one that calibrates what it says; training fills in the folds."""
    if how is None:
        return estimator
    from sklearn.calibration import CalibratedClassifierCV

    return CalibratedClassifierCV(estimator, method=how, ensemble=False)


def _predicts_all(estimator: "BaseEstimator") -> None:
    """Refuse what has no answer for rows that lie apart: one would end a run, or a server."""
    parameters = estimator.get_params(deep=False)
    if "outlier_label" in parameters and parameters["outlier_label"] is None:
        raise InputError(
            f"{KEY}.outlier_label=None: a row without a neighbour has no answer; give a class, or "
            "most_frequent"
        )


def _find_class(
    key: str, config: Mapping[str, object], allowed: Iterable[str], example: str
) -> "type[BaseEstimator]":
    """Return the class that `_target_` names, if it may; only its module is imported."""
    target, allowed = str(config.get("_target_") or ""), list(allowed)
    if not target:
        raise InputError(f"{key}._target_ is missing; give a class, e.g. {example}")
    if target not in allowed:
        raise InputError(
            f"{key}._target_={target} is not in model.allowed: {did_you_mean(target, allowed)}; "
            "another class has to be added to model.allowed"
        )
    path, _, name = target.rpartition(".")
    try:
        return cast("type[BaseEstimator]", getattr(import_module(path), name))
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"{key}._target_={target} cannot be imported ({error}); correct model.allowed and "
            "_target_, or install its package"
        ) from error


def _has(candidate: object, *methods: str) -> bool:
    """Say whether this is a class of scikit-learn's contract with these methods."""
    is_estimator = inspect.isclass(candidate) and issubclass(candidate, BaseEstimator)
    return is_estimator and all(hasattr(candidate, method) for method in methods)


def _instance(
    found: "type[BaseEstimator]", parameters: dict[str, object], calibrate: str | None
) -> "BaseEstimator":
    name = found.__name__
    try:
        estimator = found(**parameters)
    except TypeError as error:  # wants another estimator, which plain values cannot give
        raise InputError(f"{KEY}: {error}; choose a classifier that needs none") from error
    validated(estimator, KEY)
    _predicts_all(estimator)
    if is_regressor(estimator):
        if calibrate is not None:
            raise InputError(f"model.calibrate={calibrate}: {name} is a regressor; set it to null")
        return estimator
    scores = hasattr(estimator, "predict_proba") or (
        calibrate is not None and hasattr(estimator, "decision_function")
    )
    if not is_classifier(estimator) or not scores:
        raise InputError(
            f"{KEY}: {name} gives no class probabilities with these parameters; choose others, "
            f"model.calibrate=sigmoid if it gives scores, or another class, e.g. {EXAMPLE}"
        )
    return estimator
