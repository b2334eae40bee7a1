"""Every class of model.allowed, with parameters drawn from what scikit-learn says it takes."""

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.utils import _param_validation as rules

from pipeline.config.model import ALLOWED
from pipeline.errors import InputError
from pipeline.models.estimator import REFUSALS, make_estimator
from pipeline.models.rules import trial, trust
from train_random_forest import train

SKLEARN = [target for target in ALLOWED if target.startswith("sklearn.")]
GIVEN = {"random_state", "n_jobs", "verbose"}  # by the pipeline, or nothing that a model holds
BRIEF = {"n_estimators": 8, "max_iter": 30}
KINDS: dict[str, list[Any]] = {"boolean": [True, False], "cv_object": [2, 3]}
RANDOM = np.random.default_rng(0)
ROWS = np.abs(RANDOM.normal(size=(60, 4)))
TRUTH = np.array(list("abc"))[RANDOM.integers(0, 3, 60)]


def values(rule: Any, random: np.random.Generator) -> list[Any]:
    """Return plain values that a rule of scikit-learn's allows."""
    if isinstance(rule, rules.Options):
        return [v for v in rule.options if v is None or isinstance(v, str | int | float)]
    if isinstance(rule, rules.Interval):
        low = max(rule.left if rule.left is not None else -3, -3)
        high = min(rule.right if rule.right is not None else low + 20, low + 20)
        drawn = random.uniform(low, high)
        made = drawn if rule.type.__name__.startswith("Real") else round(drawn)
        return [made] if made in rule else []
    return [None] if rule is None else KINDS.get(rule, []) if isinstance(rule, str) else []


def settings(target: str, random: np.random.Generator) -> dict[str, Any]:
    """Return a third of the parameters of a class, each with a value that its rule allows."""
    path, _, name = target.rpartition(".")
    kind = getattr(import_module(path), name)
    chosen = {k: v for k, v in BRIEF.items() if k in kind._get_param_names()}
    for parameter in sorted(set(kind._get_param_names()) - GIVEN):
        if random.random() < 0.35:
            made = [rule if isinstance(rule, str | None) else rules.make_constraint(rule)
                    for rule in kind._parameter_constraints[parameter]
                    if not isinstance(rule, type)]  # fmt: skip
            if options := [value for rule in made for value in values(rule, random)]:
                chosen[parameter] = options[random.integers(len(options))]
    return chosen | ({"max_iter": 30} if chosen.get("max_iter") == -1 else {})


def outcome(target: str, parameters: dict[str, Any]) -> str:
    """Say how a model of a config ends: it is kept, or refused where a user would be told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            estimator = make_estimator({"_target_": target, **parameters}, 1)
            trial.check(estimator)
            fitted = estimator.fit(ROWS, TRUTH)
            train.forget_machine(fitted)
            said = fitted.predict_proba(ROWS)
        except InputError:
            return "refused"
        except REFUSALS:  # by fit, in one line: what is wrong with these rows
            return "unfit"
        held = skops.io.dumps(fitted)
        unknown = set(skops.io.get_untrusted_types(data=held)) - trust.KNOWN
        assert not unknown, (target, parameters)
        unlisted = set(skops.io.get_untrusted_types(data=held)) - {*trust.TRUSTED_TYPES}
        assert unlisted <= set(trust.types_of(fitted)), (target, parameters)
        again = skops.io.loads(held, trusted=sorted(trust.KNOWN)).predict_proba(ROWS)
    assert np.array_equal(said, again, equal_nan=True), (target, parameters)
    return "kept"


def outcomes(target: str, number: int) -> set[str]:
    random = np.random.default_rng(7)
    return {outcome(target, settings(target, random)) for _ in range(number)}


@pytest.mark.slow
def test_a_few_settings_of_every_allowed_class():
    found = {target: outcomes(target, 4) for target in SKLEARN}
    assert {"kept", "refused"} <= set().union(*found.values())


@pytest.mark.thorough
@pytest.mark.parametrize("target", SKLEARN)
def test_a_hundred_settings_of_every_allowed_class(target):
    assert outcomes(target, 100) & {"kept", "refused"}


@pytest.mark.parametrize(
    ("name", "parameters", "why"),
    [
        ("linear_model.LogisticRegression", {"dual": True}, "supports only dual=False"),
        ("linear_model.LogisticRegression", {"solver": "liblinear"}, None),  # of two classes
        ("ensemble.ExtraTreesClassifier", {"oob_score": True}, "only available if bootstrap=True"),
        ("ensemble.BaggingClassifier", {"max_features": 15}, None),  # of tables of 15 columns
        ("discriminant_analysis.LinearDiscriminantAnalysis", {"n_components": 50}, None),
        ("neighbors.KNeighborsClassifier", {"p": None}, "KNeighborsClassifier: '<' not supported"),
        ("neighbors.RadiusNeighborsClassifier", {}, "outlier_label=None: a row without"),
    ],
)
def test_parameters_that_exclude_each_other_are_refused_before_any_run(name, parameters, why):
    config = {"_target_": f"sklearn.{name}", **parameters}
    if why is None:
        return trial.check(make_estimator(config, 1))
    with pytest.raises(InputError, match=why):
        trial.check(make_estimator(config, 1))
    return None
