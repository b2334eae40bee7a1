"""Parameters as the trackers take them: flat or as a tree, within limits, none lost unseen."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.tracking.entities import parameters


def test_values_are_written_as_yaml_writes_them() -> None:
    values = {
        "a": 0.3,
        "b": None,
        "c": True,
        "d": ["x y", 1, "a, b"],
        "e": "two words",
        "f": 13,
        "g": [],
    }
    assert parameters.params(values) == {
        "a": "0.3", "b": "null", "c": "true", "d": '[x y, 1, "a, b"]', "e": "two words", "f": "13",
        "g": "[]",
    }  # fmt: skip


def test_a_long_list_is_told_from_another_one_by_its_digest() -> None:
    columns = [f"column {n}" for n in range(2000)]
    first, second = (parameters.short([*columns, last]) for last in ("a", "b"))
    assert first.startswith("[column 0, column 1, ")
    assert "... (2,001 values, sha256 " in first
    assert len(first) < 600
    assert first != second
    assert parameters.short(columns[:20]) == f"[{', '.join(columns[:20])}]"
    assert "(5,000 characters, sha256 " in parameters.short("x" * 5000)


def test_names_that_mlflow_does_not_take() -> None:
    names = ["checks.R&B.max", "checks.R+B.max", "x" * 300, "x" * 301, "a b/c:d-e"]
    told = parameters.params(dict.fromkeys(names, 1))
    assert len(told) == len(names)
    assert all(len(name) <= 250 for name in told)
    assert {"checks.R_B.max", "a b/c:d-e"} <= set(told)


def test_of_too_many_parameters_the_deepest_are_counted() -> None:
    deep = {f"data.checks.columns.c{n}.max": n for n in range(2000)}
    told = parameters.params({**deep, "data.test_size": 0.2})
    assert len(told) == parameters.MOST
    assert told["data.test_size"] == "0.2"
    assert told["others"].startswith("1,702 values, sha256 ")
    deep["data.checks.columns.c1999.max"] = 0
    assert parameters.params({**deep, "data.test_size": 0.2})["others"] != told["others"]


@pytest.mark.parametrize(
    ("flat", "tree"),
    [
        ({"a.b.c": 1, "a.b.d": [2], "e": None}, {"a": {"b": {"c": 1, "d": [2]}}, "e": None}),
        ({"data": "x", "data.format": "csv"}, {"data": "x", "data.format": "csv"}),
        ({"data.format": "csv", "data": "x"}, {"data": "x", "data.format": "csv"}),
    ],
)
def test_a_tree_for_wandb(flat: dict[str, Any], tree: dict[str, Any]) -> None:
    assert parameters.tree(flat) == tree


def test_what_is_handed_to_a_step(tmp_path: Path) -> None:
    handed: parameters.Handed = {"parameters": {"a": 1}, "config": {"b.a": 1}, "tags": ["songs"]}
    parameters.hand(tmp_path, handed)
    assert parameters.handed_to(str(tmp_path)) == handed
    assert parameters.handed_to(str(tmp_path / "none")) is None
    assert parameters.handed_to(None) is None
