"""From a config's `model.estimator` to a scikit-learn classifier, checked before any fit."""

import inspect
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from sklearn.base import is_classifier
from sklearn.utils._param_validation import InvalidParameterError

from pipeline.errors import InputError, did_you_mean

KEY = "model.estimator"
EXAMPLE = "sklearn.ensemble.RandomForestClassifier"


def make_estimator(config: Mapping[str, Any], random_seed: int) -> Any:
    """Return the unfitted classifier of a mapping `{_target_: sklearn..., parameter: value}`.

    Its random_state is the seed, if it takes one.

    Raises:
        InputError: `_target_` is no classifier of scikit-learn with fit and predict_proba, or a
            parameter is unknown or has a value that the class does not allow.
    """
    if not config.get("_target_"):
        raise InputError(f"{KEY}._target_ is missing; give a class, e.g. {EXAMPLE}")
    classifier = _find_class(str(config["_target_"]))
    parameters = {name: value for name, value in config.items() if name != "_target_"}
    allowed = classifier._get_param_names()
    check_names(KEY, parameters, allowed)
    if "random_state" in allowed:
        if parameters.get("random_state") not in (None, random_seed):
            raise InputError(
                f"{KEY}.random_state={parameters['random_state']} differs from the seed "
                f"{random_seed}; remove it and set main.random_seed"
            )
        parameters["random_state"] = random_seed
    return _instance(classifier, parameters)


def check_names(key: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse the first name in `given` that is not in `allowed`.

    Raises:
        InputError: names the key, the nearest allowed name and all of them.
    """
    known = sorted(allowed)
    for name in given:
        if name not in known:
            raise InputError(f"unknown key {key}.{name}: {did_you_mean(name, known)}")


def validated(step: Any, keys: Mapping[str, str] | str) -> Any:
    """Return the estimator itself once scikit-learn's own rules accept all its parameters.

    Args:
        step: any scikit-learn estimator.
        keys: the config key of each parameter, or the one prefix of all.

    Raises:
        InputError: names the key, the value and, in scikit-learn's words, what is allowed.
    """
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
        raise InputError(f"{key}={value!r} is not allowed; give {_sorted_sets(allowed)}") from error
    return step


def _find_class(target: str) -> Any:
    path, _, name = target.rpartition(".")
    if not target.startswith("sklearn.") or path == "":
        raise InputError(f"{KEY}._target_={target} is not in scikit-learn; give e.g. {EXAMPLE}")
    try:
        module = import_module(path)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{KEY}._target_={target}: no module {path}; give e.g. {EXAMPLE}"
        ) from error
    known = {n: c for n, c in vars(module).items() if not n.startswith("_") and _can_classify(c)}
    if name not in known:
        raise InputError(
            f"{KEY}._target_={target} is no classifier with fit and predict_proba; in {path}: "
            f"{did_you_mean(name, sorted(known))}"
        )
    return known[name]


def _can_classify(candidate: Any) -> bool:
    return (
        inspect.isclass(candidate)
        and candidate.__module__.startswith("sklearn.")
        and not inspect.isabstract(candidate)
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
