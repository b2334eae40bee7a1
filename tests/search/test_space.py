"""The space of a search: which ones are refused, and what its values are in the config."""

from dataclasses import asdict
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser

from pipeline.config import loader, root_config, schema
from pipeline.config.search.space import Search, check
from pipeline.errors import InputError
from pipeline.search import space
from tests.conftest import ROOT

SPACES = sorted(path.stem for path in (ROOT / "conf" / "search").glob("*.yaml"))


def loaded(**parameters: Any) -> Search:
    return loader.load(Search, {"parameters": parameters}, "search")


RANGE = {"low": 1, "high": 3}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "search.parameters is empty; give it a range or choices for some key"),
    ({"x": {}}, "search.parameters.x needs low and high, or choices"),
    ({"x": {"low": 1}}, "search.parameters.x needs low and high, or choices"),
    ({"x": {**RANGE, "choices": [1]}}, "search.parameters.x has choices and a range; give one"),
    ({"x": {"choices": []}}, "search.parameters.x.choices is empty; give it values"),
    ({"x": {"choices": [1], "log": True}}, "search.parameters.x has choices and a range; give"),
    ({"x": {"low": 3, "high": 3}}, "search.parameters.x.low must be less than its high, got 3 and"),
    ({"x": {"low": 0, "high": 3, "log": True}}, "search.parameters.x.low must be greater than 0 w"),
    ({"x": {**RANGE, "log": True, "step": 1}}, "search.parameters.x has log and step; give one o"),
    ({"x": {**RANGE, "step": 0.5}}, "search.parameters.x.step must be a whole number as low and "),
    ({"x": {"low": 1, "high": 4, "step": 2}}, "search.parameters.x.step must lead from low to hi"),
    ({"x": RANGE, "y": {**RANGE, "key": "model.estimator.x"}}, "search.parameters.y: model.estima"),
    ({"x": {**RANGE, "when": {"y": 1}}, "y": RANGE}, "search.parameters.x.when: 'y' is no parame"),
    ({"y": RANGE, "x": {**RANGE, "when": {"y": [2, 4]}}}, "search.parameters.x.when.y: y is never"),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "words"), REFUSED)
def test_a_space_that_nothing_can_be_drawn_from_is_refused(
    parameters: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as refusal:
        check(loaded(**parameters))
    assert str(refusal.value).startswith(words)


def test_an_unknown_key_is_refused_with_the_one_that_is_meant() -> None:
    with pytest.raises(InputError, match=r"unknown key search.parameters.x.hihg: did you mean 'h"):
        loaded(x={"low": 1, "hihg": 3})


def test_what_is_in_a_range() -> None:
    held = loaded(
        n={"low": 2, "high": 8, "step": 2}, x={"low": 0.5, "high": 1}, c={"choices": [None, 1]}
    ).parameters
    values = (None, 1, 2, 3, 8, 10, 0.5, 2.0, "2", True)
    assert [v for v in values if held["n"].holds(v)] == [2, 8]
    assert [v for v in values if held["x"].holds(v)] == [1, 0.5]
    assert [v for v in values if held["c"].holds(v)] == [None, 1]


def test_values_are_typed_such_that_hydra_reads_the_same() -> None:
    values = {
        "a": None, "b": True, "c": "gini", "d": 1e-05, "e": 7, "f": "null", "g": "x, y", "h": "1",
    }  # fmt: skip
    asked = loaded(**{name: {"choices": [value]} for name, value in values.items()})
    words = space.overrides(asked, values)
    assert words[:3] == tuple(f"model.estimator.{word}" for word in ("a=null", "b=true", "c=gini"))
    read = [override.value() for override in OverridesParser.create().parse_overrides([*words])]
    assert [getattr(value, "text", value) for value in read] == list(values.values())


def config(name: str) -> schema.Config:
    root_config.register(ROOT)
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return schema.checked(compose("config", [f"search={name}"]), ROOT)


def judge(values: dict[str, Any]) -> None:
    loader.load(schema.Config, values, "")


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    return asdict(config("random_forest"))


def test_the_first_trial_has_what_the_config_has(values: dict[str, Any]) -> None:
    asked = loaded(
        max_depth=RANGE,
        words={"key": "model.text.max_features", **RANGE},
        nowhere=RANGE,
        share={**RANGE, "key": "data.val_size", "when": {"max_depth": 3}},
    )
    assert space.own_values(asked, values) == {"max_depth": 13, "words": 10}


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (
            {"key": "model.txt.words", **RANGE},
            "search.parameters.x: unknown key model.txt: did you",
        ),
        (
            {"key": "data.val_size", "low": 0.5, "high": 2},
            "search.parameters.x: data.val_size must",
        ),
    ],
)
def test_a_parameter_is_a_key_of_the_config(
    values: dict[str, Any], parameter: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as refusal:
        space.check(loaded(x=parameter), values, judge)
    assert str(refusal.value).startswith(words)
    judge(values)  # which are as they were


@pytest.mark.slow
@pytest.mark.parametrize("name", SPACES)
def test_the_spaces_that_there_are(name: str) -> None:
    whole = config(name)
    assert whole.search
    check(whole.search)
    space.check(whole.search, asdict(whole), judge)
