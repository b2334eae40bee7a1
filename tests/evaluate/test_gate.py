"""The gate: thresholds on hand-made evaluations, and the comparison on simulated models."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluate import comparison, gate
from pipeline.config.evaluate import Gate
from pipeline.config.loader import load
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.evaluation import Comparison
from pipeline.judging.predictions import Predictions

HOW = Bootstrap(resamples=200, seed=1)


def figure(value: float | None) -> dict[str, Any]:
    return {"value": value, "low": None, "high": None, "note": None}


FOUND: Any = {
    "overall": [{"metric": "f1"} | figure(0.7), {"metric": "log_loss"} | figure(0.9)],
    "per_class": [
        {"class": "pop", "recall": figure(0.2), "f1": figure(0.3)},
        {"class": "rap", "recall": figure(0.9), "f1": figure(None)},
    ],
    "slices": [
        {"column": "key", "value": "1", "small": False, "metrics": {"accuracy": figure(0.6)}},
        {"column": "key", "value": "2", "small": True, "metrics": {"accuracy": figure(0.1)}},
    ],
}


def test_nothing_asked_is_passed() -> None:
    said = gate.decide(FOUND, Gate(), None)
    assert said == {"passed": True, "reasons": [], "thresholds": [], "comparison": []}


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [
        ({"overall": {"f1": 0.7, "log_loss": 0.9}}, []),
        ({"overall": {"f1": 0.71}}, ["f1 of all test rows is 0.7000, must be at least 0.71"]),
        (
            {"overall": {"log_loss": 0.8}},
            ["log_loss of all test rows is 0.9000, must be at most 0.8"],
        ),
        ({"overall": {"auc": 0.5}}, ["auc of all test rows is not defined, must be at least 0.5"]),
        ({"per_class": {"recall": 0.2}}, []),
        (
            {"per_class": {"recall": 0.5, "f1": 0.1}},
            [
                "f1 of class rap is not defined, must be at least 0.1",
                "recall of class pop is 0.2000, must be at least 0.5",
            ],
        ),
        ({"slices": {"accuracy": 0.6}}, []),  # the small one is not held against it
        ({"slices": {"accuracy": 0.7}}, ["accuracy of key 1 is 0.6000, must be at least 0.7"]),
    ],
)
def test_thresholds(asked: dict[str, Any], reasons: list[str]) -> None:
    said = gate.decide(FOUND, load(Gate, asked, "gate"), None)
    assert said["reasons"] == reasons
    assert said["passed"] is not bool(reasons)
    assert [row["passed"] for row in said["thresholds"]].count(False) == len(reasons)


def model(codes: NDArray[np.int64], skill: float, random: np.random.Generator) -> Any:
    """Probabilities of a model that gives the true class so many units more, beside noise."""
    scores = random.normal(size=(len(codes), 3))
    scores[np.arange(len(codes)), codes] += skill
    odds = np.exp(scores)
    return odds / odds.sum(axis=1, keepdims=True)


def compared(codes: Any, one: Any, other: Any, asked: Gate, how: Bootstrap) -> Comparison:
    candidate = Predictions(codes, one, np.arange(3))
    return comparison.compare(candidate, candidate.saying(other), asked, how)


def rows(random: np.random.Generator, count: int = 300) -> NDArray[np.int64]:
    return random.integers(0, 3, count)


@pytest.mark.parametrize("metric", ["f1", "auc", "accuracy", "log_loss", "brier"])
def test_a_worse_model_is_refused_and_a_better_one_is_not(metric: str) -> None:
    random = np.random.default_rng(7)
    codes = rows(random)
    good, bad = model(codes, 2.0, random), model(codes, 0.5, random)
    asked = Gate(metric=metric, margin=0.01)
    worse = compared(codes, bad, good, asked, HOW)
    assert worse["worse"]
    assert worse["low"] <= worse["difference"] <= worse["high"] < -0.01
    better = compared(codes, good, bad, asked, HOW)
    assert not better["worse"]
    assert better["difference"] == pytest.approx(-worse["difference"])
    reason = gate.decide(FOUND, asked, worse)["reasons"]
    assert reason == [
        f"{metric} {worse['candidate']:.4f} is worse than the champion's {worse['champion']:.4f} "
        "by more than 0.01, with 95 % confidence"
    ]


def test_the_same_model_is_not_worse() -> None:
    random = np.random.default_rng(3)
    codes = rows(random)
    said = model(codes, 1.0, random)
    found = compared(codes, said, said.copy(), Gate(margin=0), HOW)
    assert (found["difference"], found["low"], found["high"]) == (0, 0, 0)
    assert not found["worse"]


def test_a_margin_lets_a_little_worse_pass() -> None:
    random = np.random.default_rng(5)
    codes = rows(random, 2000)
    good, bad = model(codes, 1.5, random), model(codes, 1.2, random)
    assert compared(codes, bad, good, Gate(margin=0), HOW)["worse"]
    assert not compared(codes, bad, good, Gate(margin=0.2), HOW)["worse"]


@pytest.mark.parametrize("metric", ["f1", "accuracy"])
def test_of_equal_models_one_in_twenty_is_refused(metric: str) -> None:
    """200 pairs that differ by chance only, without a margin: at most about 5 %."""
    random = np.random.default_rng(11)
    refused = 0
    for _ in range(200):
        codes = rows(random)
        one, two = model(codes, 1.0, random), model(codes, 1.0, random)
        refused += compared(codes, one, two, Gate(metric=metric, margin=0), HOW)["worse"]
    assert 1 <= refused <= 17  # 5 % are 10; more than 17 come with a chance of 1 in 100
