"""Whether the parameters of an estimator go together, found out on made-up rows before any run."""

import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import clone, is_regressor
from threadpoolctl import threadpool_limits

from pipeline.errors import InputError
from pipeline.models.estimator import KEY, REFUSALS

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

TABLES = ((60, 3, 2), (120, 20, 12))  # rows, columns and classes of two that have little in common
BRIEF = {"n_estimators": 2, "max_iter": 5, "iterations": 2}  # of what a fit repeats; enough to fail
OF_DATA = {"class_weight": None, "categorical_features": None}  # names that made-up rows lack
# In what scikit-learn says of the rows rather than of the parameters.
ABOUT_ROWS = ("n_features", "n_classes", "n_samples", "rank", "samples", "neighbors", "infeasible",
              "dimensions", "out of bounds")  # fmt: skip


def check(estimator: "BaseEstimator") -> None:
    """Refuse parameters of scikit-learn's that exclude each other.

    What fails in the same words on two tables without likeness is wrong on any table; what the
    words blame on the rows, or what fails on one of them only, is left to the fit.

    Raises:
        InputError: names the class, and says why in scikit-learn's words.
    """
    said = None
    for shape in TABLES:
        found = _failure(estimator, *shape)
        if found is None or any(word in found for word in ABOUT_ROWS) or said not in (None, found):
            return
        said = found
    raise InputError(f"{KEY} {type(estimator).__name__}: {said}")


def _failure(estimator: "BaseEstimator", rows: int, columns: int, classes: int) -> str | None:
    """Return the first line of why it cannot be fitted and asked; None if it can."""
    random, brief = np.random.default_rng(0), clone(estimator)
    known = brief.get_params(deep=False)
    brief.set_params(**{name: value for name, value in OF_DATA.items() if name in known})
    for name, most in BRIEF.items():
        if isinstance(value := known.get(name), int) and value > most:
            brief.set_params(**{name: most})
    if isinstance(given := known.get("parameters"), dict):  # of a booster
        brief.set_params(parameters=given | {n: 2 for n in BRIEF if given.get(n, 0) > 2})
    numbers = np.abs(random.normal(size=(rows, columns)))
    truth = np.arange(rows) % classes
    names = truth * 1.0 if is_regressor(brief) else np.array([f"class {n}" for n in truth])
    try:
        # Threads of OpenMP that were started here would be waited for in the forks of the steps.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            brief.fit(numbers, names).predict(numbers)
    except REFUSALS as error:
        return " ".join(str(error).split("\n")[0].split())
    return None
