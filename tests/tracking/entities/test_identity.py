"""Runs that one can tell apart: by their names, tags and parameters."""

from typing import Any

import pytest

from pipeline.tracking.entities.identity import Identity


def identity(*overrides: str, label: str = "", **changed: Any) -> Identity:
    choices = {"data": "songs", "data/segregate": "group", "model": "random_forest"}
    values = {name.replace("__", "."): value for name, value in changed.items()}
    return Identity(label, choices, "songs", "random_forest", overrides, values)


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (identity(), "random_forest · songs"),
        (
            identity("model.estimator.max_depth=2", model__estimator__max_depth=2),
            "max_depth=2 · random_forest · songs",
        ),
        # In the order in which they were typed; what an experiment's file says is not special.
        (
            identity("+b.x=1", "data.test_size=0.2", data__test_size=0.2, b__x=1, judging__n=3),
            "b.x=1 · test_size=0.2 · random_forest · songs",
        ),
        # One that is the default all the same.
        (identity("data.test_size=0.3"), "random_forest · songs"),
        (identity("data/segregate=group"), "segregate=group · random_forest · songs"),
        (identity("data=songs", "model=random_forest"), "random_forest · songs"),
        (identity("main.steps=all", label="weekly"), "weekly · random_forest · songs"),
        (
            identity("b={}", b__a="x" * 30, b__b=[1], b__c=None, b__d=1),
            "b.a=xxxxxxxxxxxx…xxxxxxxxxxx · b.b=[1] · b.c=null · +1 · random_forest · songs",
        ),
        # Two keys of one name.
        (
            identity("data.a=1", "model.a=2", data__a=1, model__a=2),
            "data.a=1 · model.a=2 · random_forest · songs",
        ),
        (identity("data.a='1\n2'", data__a="1\n2"), r"a=1\n2 · random_forest · songs"),
    ],
)  # fmt: skip
def test_a_name_says_what_is_special(made: Identity, name: str) -> None:
    assert made.name == name


def test_tags_and_parameters() -> None:
    made = identity("data.note=two words", data__note="two words")
    assert made.tags == {"dataset": "songs", "model": "random_forest"}
    assert made.own_tags["pipeline.overrides"] == "'data.note=two words'"
    assert made.parameters["data/segregate"] == "group"
    assert made.parameters["data.note"] == "two words"
