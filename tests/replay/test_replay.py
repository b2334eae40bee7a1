"""What a replay is given of the store of the run that it repeats."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.replay import replay, verify
from pipeline.report import differences
from pipeline.store.artifacts import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    for text in ("one", "two", "three"):
        path = tmp_path / "table.csv"
        path.write_text(text)
        made.put("table.csv", path, "table")
    return made


def recorded(store: Store, clean_made: bool) -> dict[str, Any]:
    """A run that reads one table by two names; it made the newest itself, or found it there."""
    facts = [
        {"name": "table.csv", "version": n, "digest": store.get(f"table.csv:v{n}").digest}
        for n in range(3)
    ]
    asked = {"reference_artifact": "table.csv:good", "sample_artifact": "table.csv:latest", "n": 3}
    given = {"reference_artifact": "table.csv:v1", "sample_artifact": "table.csv:v2", "n": 3}
    clean = {"step": "clean", "parameters": {}, "inputs": [], "outputs": facts[2:]}
    check = {"step": "check", "parameters": given, "inputs": facts[:0:-1], "outputs": []}
    steps = [clean, check] if clean_made else [check]
    return {"steps": steps, "config": {"steps": {"clean": {}, "check": asked}}}


def test_another_version_of_what_the_run_makes_is_brought(store: Store, tmp_path: Path) -> None:
    """As drift's reference is: an older version of the table that the run made."""
    copy = Store(tmp_path / "copy")
    replay._bring_inputs(recorded(store, clean_made=True), store, copy)
    assert copy.versions("table.csv") == [1]
    assert copy.aliases("table.csv") == {"good": 1}


def test_what_the_run_made_again_and_found_as_its_reference_is_brought(
    store: Store, tmp_path: Path
) -> None:
    """A comparison of a table with itself is skipped, and not with one that is not there."""
    run = recorded(store, clean_made=True)
    run["steps"][1]["parameters"]["reference_artifact"] = "table.csv:v2"
    run["steps"][1]["inputs"].pop()
    copy = Store(tmp_path / "copy")
    replay._bring_inputs(run, store, copy)
    assert copy.aliases("table.csv") == {"good": 2}
    assert copy.get("table.csv:v2") == store.get("table.csv:v2")


def test_each_alias_means_what_it_meant(store: Store, tmp_path: Path) -> None:
    copy = Store(tmp_path / "copy")
    replay._bring_inputs(recorded(store, clean_made=False), store, copy)
    assert copy.aliases("table.csv") == {"good": 1, "latest": 2}
    assert copy.versions("table.csv") == [1, 2]


@pytest.mark.parametrize("knows", [True, False])
def test_nobody_is_told_of_a_replay(knows: bool) -> None:
    """A run of a release that had no hooks is given no such key."""
    config = {"main": {"steps": "all"}} | ({"notify": []} if knows else {})
    run: dict[str, Any] = {"environment": "local", "config": config}
    run["overrides"] = ["data=wine", *(["notify=[{webhook: ***webhook}]"] if knows else [])]
    assert replay.overrides(run) == ["data=wine", *["notify=[]"] * knows]


def test_whom_a_run_told_is_no_difference() -> None:
    before = {"main": {"run": "latest"}, "notify": [{"when": ["end"]}], "data": {"test_size": 0.3}}
    after = {"main": {"run": "a"}, "notify": [], "data": {"test_size": 0.3}}
    assert list(verify._same_config(before, after)) == []
    assert differences.plain(before) == {"data.test_size": 0.3}
    (other,) = verify._same_config(before, {**after, "data": {"test_size": 0.2}})
    assert other.what == "data"


def test_an_input_that_is_gone(store: Store, tmp_path: Path) -> None:
    run = recorded(store, clean_made=True)
    run["steps"][1]["inputs"][1]["digest"] = "0" * 64
    with pytest.raises(
        InputError, match=r"^cannot verify: table.csv:v1, which check read, is gone"
    ):
        replay._bring_inputs(run, store, Store(tmp_path / "copy"))


def test_the_job_of_a_sweep_is_asked_for_its_own_steps() -> None:
    """They are no override: the sweep limits its jobs."""
    words = ["model.estimator.n_estimators=5", "main.cache=false", "main.report=false"]
    config = {"main": {"steps": "all"}}
    made: dict[str, Any] = {"overrides": words, "config": config}
    assert replay.overrides(made) == [words[0], words[2]]
    config["main"]["steps"] = ["segregate", "train_random_forest"]
    assert replay.overrides(made) == [
        words[0],
        words[2],
        "main.steps=[segregate,train_random_forest]",
    ]
