"""scikit-learn's own rules for the parameters of an estimator, in the words of the config."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sklearn.utils._param_validation import InvalidParameterError

from pipeline.errors import InputError

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

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


def _sorted_sets(text: str) -> str:
    """Sort what stands in braces: scikit-learn prints sets, whose order changes between runs."""
    return re.sub(r"{(.*?)}", lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", text)
