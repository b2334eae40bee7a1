"""What clean removes, and what it never does."""

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import clean as cleaning
from pipeline.commands.clean import clean
from pipeline.errors import InputError
from pipeline.store.artifacts import Store, Version
from pipeline.store.digests import Digests
from pipeline.store.drafts import Provenance


@pytest.fixture(autouse=True)
def _old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as old at once."""
    monkeypatch.setattr(cleaning, "UPLOADING", timedelta(seconds=-60))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(root: Path) -> Store:
    return Store(root / "artifacts")


def put(store: Store, root: Path, text: str, name: str = "t.csv", **facts: Any) -> Version:
    path = root / name
    path.write_text(text)
    return store.put(name, path, "table", **facts)


def versions(store: Store, name: str = "t.csv") -> list[int]:
    return store.versions(name)


def whole(store: Store) -> None:
    """Every version that is left can be read, and nothing else is kept."""
    left = [store.get(f"{name}:v{n}") for name in store.names() for n in store.versions(name)]
    for version in left:
        assert store.fault(version, Digests(Path("no file"), recheck=True)) is None
    held = {store.key(file) for version in left for file in version.files}
    future = datetime.now(UTC) + timedelta(days=1)
    assert {key for key, _ in store.objects(future)} == held


def test_versions_without_alias_go_and_the_newest_stays(store: Store, root: Path) -> None:
    for text in ("one", "two", "three"):
        put(store, root, text)
    store.set_alias("t.csv:v0", "champion")
    put(store, root, "two")  # `latest` goes back to v1: the newest number is v2
    assert store.aliases("t.csv") == {"champion": 0, "latest": 1}
    put(store, root, "four")
    store.set_alias("t.csv:v2", "latest")
    before = versions(store)
    lines = clean(store, root, dry_run=True)
    assert versions(store) == before == [0, 1, 2, 3]
    assert lines == [
        "would remove t.csv:v1 (0.0 MB): no alias and no run names it",
        "would remove 0.0 MB in 1 items; main.dry_run=false removes it",
    ]
    assert clean(store, root, dry_run=False)[0].startswith("removed t.csv:v1")
    assert versions(store) == [0, 2, 3]
    whole(store)
    assert put(store, root, "two").version == 4  # numbers are never used twice
    clean(store, root, dry_run=False)
    assert versions(store) == [0, 4]
    assert clean(store, root, dry_run=False) == ["nothing to remove: all that is there is needed"]


def test_what_a_wandb_project_numbers_is_cleaned_beside_it(store: Store, root: Path) -> None:
    project = Store(store.location, "wandb/team/project")
    for number, text in enumerate(("one", "two", "three")):
        project.mirror(replace(put(store, root, text), version=number + 5))
    project.set_alias("t.csv:v6", "reference")
    lines = clean(store, root, dry_run=False)
    assert [line.partition(" (")[0] for line in lines[:-1]] == [
        "removed t.csv:v0", "removed t.csv:v5"]  # fmt: skip
    assert versions(project) == [6, 7]
    assert versions(store) == [1, 2]  # what an alias of the project means stays here as well
    whole(store)
    whole(project)


def test_what_a_kept_version_was_made_from_stays(store: Store, root: Path) -> None:
    first = put(store, root, "raw", "raw.csv")
    made_from = [{"name": "raw.csv", "version": first.version, "digest": first.digest}]
    put(store, root, "raw 2", "raw.csv")
    put(store, root, "raw 3", "raw.csv")
    put(store, root, "made", provenance=Provenance(inputs=tuple(made_from)))
    clean(store, root, dry_run=False)
    assert versions(store, "raw.csv") == [0, 2]
    whole(store)


@pytest.mark.parametrize(
    "place",
    ["outputs/2026-01-01/10-00/manifest.json", "multirun/2026-01-01/10-00/3/manifest.json"],
)
def test_what_the_manifest_of_a_run_names_stays(store: Store, root: Path, place: str) -> None:
    made = [put(store, root, text) for text in ("one", "two", "three", "four")]
    named = [[{"name": "t.csv", "digest": made[n].digest}] for n in (0, 1)]
    manifest = root / place
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"steps": [{"inputs": named[0], "outputs": named[1]}]}))
    clean(store, root, dry_run=False)
    assert versions(store) == [0, 1, 3]
    other = manifest.parent.with_name("11-00") / "manifest.json"
    other.parent.mkdir()
    for damaged in ("", "{}", "[]", '{"steps": 3}', '{"steps": [{"inputs": [], '):
        other.write_text(damaged)
        line, *_ = clean(store, root, dry_run=False)  # the others still count
        assert re.match(
            r"left out: .*11-00/manifest\.json is damaged \(.*\); delete or mend it", line
        )
        assert versions(store) == [0, 1, 3]


def test_an_unsynced_run_keeps_its_artifacts_and_its_copies(store: Store, root: Path) -> None:
    first, *_ = [put(store, root, text) for text in ("one", "two", "three")]
    output = {"name": "t.csv", "digest": first.digest}
    record = {"wandb_run": "abc", "inputs": [], "outputs": [output]}
    kept = root / "mlruns" / "1" / "run" / "artifacts" / "record.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps(record))
    run = root / "wandb" / "offline-run-1-abc" / "run-abc.wandb"
    staged = root / "wandb" / "data" / "artifacts" / "staging" / "file"
    cached = root / "wandb" / "cache" / "artifacts" / "file"
    for path in (run, staged, cached):
        path.parent.mkdir(parents=True)
        path.write_text("content")
    clean(store, root, dry_run=False)
    assert versions(store) == [0, 2]
    assert staged.exists()
    assert not cached.exists()
    run.with_name("run-abc.wandb.synced").touch()
    clean(store, root, dry_run=False)
    assert versions(store) == [2]
    assert not staged.exists()
    assert run.exists()


def test_files_of_no_version_go_when_no_upload_can_be_about_them(
    store: Store, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, root, "one")
    lost = root / "artifacts" / "objects" / "ab" / "ab00" / "t.csv"
    lost.parent.mkdir(parents=True)
    lost.write_text("lost")
    monkeypatch.setattr(cleaning, "UPLOADING", timedelta(hours=1))
    clean(store, root, dry_run=False)
    assert lost.exists()
    monkeypatch.setattr(cleaning, "UPLOADING", timedelta(seconds=-60))
    assert clean(store, root, dry_run=False)[0].startswith("removed objects/ab/ab00/t.csv (0.0 MB)")
    assert not lost.exists()
    whole(store)


def test_a_file_that_two_versions_share_stays_for_the_one(store: Store, root: Path) -> None:
    put(store, root, "same", metadata={"arrow_schema": "one"})
    put(store, root, "other")
    put(store, root, "same", metadata={"arrow_schema": "two"})
    assert versions(store) == [0, 1, 2]
    clean(store, root, dry_run=False)
    assert versions(store) == [2]
    whole(store)


def test_folders_of_killed_steps_go_and_those_of_running_ones_stop_it(
    store: Store, root: Path
) -> None:
    work = root / "outputs" / ".work"
    left, running = work / "segregate_999999999_x1", work / f"segregate_{os.getpid()}_x2"
    left.mkdir(parents=True)
    (left / "file").write_text("x" * 2_000_000)
    assert "(2.0 MB): a step was killed" in clean(store, root, dry_run=True)[0]
    clean(store, root, dry_run=False)
    assert not left.exists()
    running.mkdir()
    with pytest.raises(InputError, match="is of a process that runs; wait for it"):
        clean(store, root, dry_run=False)


def test_nothing_is_there(store: Store, root: Path) -> None:
    assert clean(store, root, dry_run=True) == ["nothing to remove: all that is there is needed"]
    assert not (root / "artifacts").exists()
