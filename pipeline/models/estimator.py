"""From a config's `model.estimator` to a scikit-learn estimator, checked before any fit."""

import inspect
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sklearn.base import BaseEstimator, RegressorMixin, is_classifier, is_regressor
from sklearn.utils._param_validation import InvalidParameterError

from pipeline.config.model import ALLOWED, ALLOWED_TRANSFORMERS
from pipeline.errors import InputError, check_names, did_you_mean

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

KEY = "model.estimator"
# How scikit-learn refuses parameters that exclude each other, or rows that they do not suit.
REFUSALS = (ValueError, TypeError, IndexError, NotImplementedError, RecursionError)
EXAMPLE = "sklearn.ensemble.RandomForestClassifier"
# What older scikit-learn took and old configs still hold: value or name → what to do.
REMOVED_VALUES = {
    ("max_features", "auto"): "use 'sqrt', 'log2' or a number",
    ("loss", "deviance"): "use 'log_loss'",
    ("loss", "log"): "use 'log_loss'",
    ("penalty", "none"): "use null",
}
REMOVED_NAMES = {
    "min_impurity_split": "use min_impurity_decrease",
    "base_estimator": "use estimator",
    "multi_class": "leave it out",
    "presort": "leave it out",
}


def make_estimator(
    config: Mapping[str, object], random_seed: int, allowed: Iterable[str] = ALLOWED
) -> "BaseEstimator":
    """Return the unfitted estimator of a mapping `{_target_: package.Class, parameter: value}`.

    Its random_state is the seed, if it takes one. Only a module of an allowed class is imported.

    Args:
        config: the class and its parameters.
        random_seed: the seed.
        allowed: the classes that `_target_` may name.

    Raises:
        InputError: `_target_` is not allowed, or no scikit-learn classifier with fit and
            predict_proba nor a regressor; a parameter is unknown or has a value that the class
            does not allow.
    """
    found = _find_class(KEY, config, allowed, EXAMPLE)
    regressor = _has(found, "fit", "predict") and issubclass(found, RegressorMixin)
    if not (regressor or _has(found, "fit", "predict_proba")):
        raise InputError(
            f"{KEY}._target_={config['_target_']} is no scikit-learn classifier with fit and "
            f"predict_proba, and no regressor; give e.g. {EXAMPLE}"
        )
    return _instance(found, _parameters(KEY, config, found, random_seed))


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
        if parameters.get("random_state") not in (None, random_seed):
            raise InputError(
                f"{key}.random_state={parameters['random_state']} differs from the seed "
                f"{random_seed}; remove it and set main.random_seed"
            )
        parameters["random_state"] = random_seed
    return parameters


def _predicts_all(estimator: "BaseEstimator") -> None:
    """Refuse what has no answer for rows that lie apart: one would end a run, or a server."""
    parameters = estimator.get_params(deep=False)
    if "outlier_label" in parameters and parameters["outlier_label"] is None:
        raise InputError(
            f"{KEY}.outlier_label=None: a row without a neighbour has no answer; give a class, or "
            "most_frequent"
        )


def validated(step: "BaseEstimator", keys: Mapping[str, str] | str) -> "BaseEstimator":
    """Return the estimator itself once scikit-learn's own rules accept all its parameters.

    Args:
        step: any scikit-learn estimator.
        keys: the config key of each parameter, or the one prefix of all.

    Raises:
        InputError: names the key, the value and, in scikit-learn's words, what is allowed.
    """
    if not hasattr(step, "_parameter_constraints"):  # a class of one's own need not have rules
        return step
    try:
        step._validate_params()
    except InvalidParameterError as error:
        match = re.fullmatch(r"The '(\w+)' parameter of \w+ must be (.*)\. Got .* instead\.",
                             str(error), re.DOTALL)  # fmt: skip
        if match is None:
            raise InputError(f"{keys}: {error}") from error
        name, allowed = match.groups()
        key = f"{keys}.{name}" if isinstance(keys, str) else keys[name]
        value = step.get_params(deep=False)[name]
        if isinstance(value, str) and (name, value) in REMOVED_VALUES:
            line = f"{key}={value!r} was removed: {REMOVED_VALUES[name, value]}"
        else:
            line = f"{key}={value!r} is not allowed; give {_sorted_sets(allowed)}"
        raise InputError(line) from error
    return step


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


def _instance(found: "type[BaseEstimator]", parameters: dict[str, object]) -> "BaseEstimator":
    name = found.__name__
    try:
        estimator = found(**parameters)
    except TypeError as error:  # wants another estimator, which plain values cannot give
        raise InputError(f"{KEY}: {error}; choose a classifier that needs none") from error
    validated(estimator, KEY)
    _predicts_all(estimator)
    if is_regressor(estimator):
        return estimator
    if not is_classifier(estimator) or not hasattr(estimator, "predict_proba"):
        raise InputError(
            f"{KEY}: {name} gives no class probabilities with these parameters; choose others, or "
            f"another class, e.g. {EXAMPLE}"
        )
    return estimator


def _sorted_sets(text: str) -> str:
    """Sort what stands in braces: scikit-learn prints sets, whose order changes between runs."""
    return re.sub(r"{(.*?)}", lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", text)
