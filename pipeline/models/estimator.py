"""From a config's `model.estimator` to a scikit-learn classifier, checked before any fit."""

import inspect
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils._param_validation import InvalidParameterError

from pipeline.config.model import ALLOWED
from pipeline.errors import InputError, check_names, did_you_mean

KEY = "model.estimator"
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
    config: Mapping[str, Any], random_seed: int, allowed: Iterable[str] = ALLOWED
) -> Any:
    """Return the unfitted classifier of a mapping `{_target_: package.Class, parameter: value}`.

    Its random_state is the seed, if it takes one. Only a module of an allowed class is imported.

    Args:
        config: the class and its parameters.
        random_seed: the seed.
        allowed: the classes that `_target_` may name.

    Raises:
        InputError: `_target_` is not allowed or no scikit-learn classifier with fit and
            predict_proba; a parameter is unknown or has a value that the class does not allow.
    """
    if not config.get("_target_"):
        raise InputError(f"{KEY}._target_ is missing; give a class, e.g. {EXAMPLE}")
    classifier = _find_class(str(config["_target_"]), list(allowed))
    parameters = {name: value for name, value in config.items() if name != "_target_"}
    known = classifier._get_param_names()
    for name in parameters:
        if name in REMOVED_NAMES and name not in known:
            raise InputError(f"{KEY}.{name} was removed: {REMOVED_NAMES[name]}")
    check_names(KEY, parameters, sorted(known))
    if "random_state" in known:
        if parameters.get("random_state") not in (None, random_seed):
            raise InputError(
                f"{KEY}.random_state={parameters['random_state']} differs from the seed "
                f"{random_seed}; remove it and set main.random_seed"
            )
        parameters["random_state"] = random_seed
    return _instance(classifier, parameters)


def validated(step: Any, keys: Mapping[str, str] | str) -> Any:
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


def _find_class(target: str, allowed: list[str]) -> Any:
    if target not in allowed:
        raise InputError(
            f"{KEY}._target_={target} is not in model.allowed: {did_you_mean(target, allowed)}; "
            "another class has to be added to model.allowed"
        )
    path, _, name = target.rpartition(".")
    try:
        found = getattr(import_module(path), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"{KEY}._target_={target} cannot be imported ({error}); correct model.allowed and "
            "_target_, or install its package"
        ) from error
    if not _can_classify(found):
        raise InputError(
            f"{KEY}._target_={target} is no scikit-learn classifier with fit and predict_proba; "
            f"give e.g. {EXAMPLE}"
        )
    return found


def _can_classify(candidate: Any) -> bool:
    return (
        inspect.isclass(candidate)
        and issubclass(candidate, BaseEstimator)
        and hasattr(candidate, "fit")
        and hasattr(candidate, "predict_proba")
    )


def _instance(classifier: Any, parameters: dict[str, Any]) -> Any:
    name = classifier.__name__
    try:
        estimator = classifier(**parameters)
    except TypeError as error:  # wants another estimator, which plain values cannot give
        raise InputError(f"{KEY}: {error}; choose a classifier that needs none") from error
    validated(estimator, KEY)
    if not is_classifier(estimator) or not hasattr(estimator, "predict_proba"):
        raise InputError(
            f"{KEY}: {name} gives no class probabilities with these parameters; choose others, or "
            f"another class, e.g. {EXAMPLE}"
        )
    return estimator


def _sorted_sets(text: str) -> str:
    """Sort what stands in braces: scikit-learn prints sets, whose order changes between runs."""
    return re.sub(r"{(.*?)}", lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", text)
