"""A manifest is held against its key: what is not that version is damaged, and never followed."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import clean as cleaning
from pipeline.commands import fetch
from pipeline.errors import InputError
from pipeline.store.artifacts import Store, Version

Values = dict[str, Any]


def put(store: Store, text: str, name: str = "t.csv") -> Version:
    source = Path(store.url).with_name("source.csv")
    source.write_text(text)
    return store.put(name, source, type="raw_data", metadata={"rows": 1, "arrow_schema": "s"})


def file(store: Store, reference: str) -> Path:
    name, _, version = reference.partition(":")
    return Path(store.url, "versions", name, f"{version}.json")


def change(store: Store, reference: str, how: Callable[[Values], object]) -> None:
    path = file(store, reference)
    values = json.loads(path.read_text())
    how(values)
    path.write_text(json.dumps(values))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with three versions of one artifact; the first is the one to be damaged."""
    store = Store(tmp_path / "project" / "artifacts")
    tmp_path.joinpath("project").mkdir()
    for text in "abc":
        put(store, text)
    return store


def setting(**values: object) -> Callable[[Values], object]:
    return lambda manifest: manifest.update(values)


INPUT = {"name": "raw.csv", "version": 0, "digest": "ab"}
OTHERS = {
    "another name": setting(name="../../x"),
    "the name of another": setting(name="raw.csv"),
    "another number": setting(version=1),
    "a number in quotes": setting(version="0"),
    "true for a number": setting(version=False),
    "a type that is a list": setting(type=["raw_data"]),
    "a digest that is a number": setting(digest=5),
    "a digest that is a path": setting(digest="../../x"),
    "no files": setting(files=[]),
    "files that are a mapping": setting(files={}),
    "metadata that is a list": setting(metadata=[]),
    "rows in quotes": lambda manifest: manifest["metadata"].update(rows="1"),
    "an unknown field": setting(more=1),
    "no type": lambda manifest: manifest.pop("type"),
    "a step that is a list": setting(step=["get_data"]),
    "runs that are a text": setting(run_ids="abc"),
    "a path that leads out": lambda manifest: manifest["files"][0].update(path="../../x"),
    "a path that begins at the root": lambda manifest: manifest["files"][0].update(path="/x"),
    "a path with a loop": lambda manifest: manifest["files"][0].update(path="a//./x"),
    "a digest of a file that leads out": lambda manifest: manifest["files"][0].update(
        sha256="../" * 21 + "x"
    ),
    "a size in quotes": lambda manifest: manifest["files"][0].update(size="1"),
    "an input that is a text": setting(inputs=["raw.csv:v0"]),
    "an input that leads out": setting(inputs=[INPUT | {"name": "../../x"}]),
    "an input without a number": setting(inputs=[{"name": "raw.csv", "digest": "ab"}]),
    "an input whose digest leads out": setting(inputs=[INPUT | {"digest": "../x"}]),
}


@pytest.mark.parametrize("how", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_not_that_of_its_key_is_damaged(
    how: Callable[[Values], object], store: Store, tmp_path: Path
) -> None:
    change(store, "t.csv:v0", how)
    line = r"^artifact store \S+: versions/t\.csv/v0\.json is damaged \(.*\); delete it and run"
    with pytest.raises(InputError, match=line) as caught:
        fetch.fetch(store, "t.csv:v0", None, tmp_path / "project")
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project"]
    versions, damaged = store.all_versions("t.csv")
    assert [version.version for version in versions] == [1, 2]
    assert damaged == [str(caught.value)]


def test_deep_nesting_is_damage(store: Store) -> None:
    file(store, "t.csv:v0").write_text("[" * 100_000)
    with pytest.raises(InputError, match="is damaged"):
        store.get("t.csv:v0")


def test_fetch_replaces_nothing_outside(store: Store, tmp_path: Path) -> None:
    """The manifest of a shared store that calls itself by a path."""
    outside = tmp_path / "x-v0"
    outside.mkdir()
    (outside / "mine").write_text("mine")
    change(store, "t.csv:v0", setting(name="../../x"))
    with pytest.raises(InputError, match="is damaged"):
        fetch.fetch(store, "t.csv:v0", None, tmp_path / "project")
    assert (outside / "mine").read_text() == "mine"


def test_the_damaged_newest_version_does_not_stop_the_next(store: Store) -> None:
    change(store, "t.csv:v2", setting(version=7))
    assert put(store, "c").version == 3  # the content of the damaged one
    assert put(store, "d").version == 4
    assert put(store, "a").version == 0
    assert store.get("t.csv:latest").version == 0


def test_clean_goes_on_and_keeps_what_the_damaged_may_hold(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "UPLOADING", timedelta(seconds=-60))
    folder = store.folder
    assert folder
    change(store, "t.csv:v0", setting(version="0"))
    odd = folder / "versions" / "model_export:v9" / "v0.json"  # of a release that took such names
    odd.parent.mkdir()
    odd.write_text("{}")
    objects = sorted((folder / "objects").rglob("*.csv"))
    lines = cleaning.clean(store, folder.parent, dry_run=False)
    assert [line.partition(":")[0] for line in lines[:2]] == ["left", "left"]
    assert "'versions/model_export:v9' is damaged (no artifact can have this name)" in lines[0]
    assert "versions/t.csv/v0.json is damaged (its version is no int)" in lines[1]
    assert lines[2].startswith("removed t.csv:v1 ")
    assert sorted((folder / "objects").rglob("*.csv")) == objects
    odd.unlink()
    file(store, "t.csv:v0").unlink()
    lines = cleaning.clean(store, folder.parent, dry_run=False)
    assert len([line for line in lines if line.startswith("removed objects/")]) == 2
