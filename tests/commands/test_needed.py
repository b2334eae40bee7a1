"""clean keeps what any run names, wherever the run has written."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import sync
from pipeline.commands.clean import clean
from pipeline.store.artifacts import Store, Version
from pipeline.tracking import mlflow_runs, register
from pipeline.tracking.record import Record, artifact_facts

SERVER = "http://127.0.0.1:9"  # nobody listens


@pytest.fixture
def store(root: Path) -> Store:
    """Three versions of a table; the newest is needed in any case."""
    store = Store(root / "artifacts")
    for text in ("one", "two", "three"):
        (root / "t.csv").write_text(text)
        store.put("t.csv", root / "t.csv", "table")
    return store


def record_of(version: Version, **facts: Any) -> Record:
    return Record("split", {}, "2026-01-01", outputs=[artifact_facts(version)], **facts)


def ran(root: Path, version: Version, folder: Path | None, run: str = "m1", **facts: Any) -> None:
    """A run that made a version ended, with its manifest in a folder."""
    record = record_of(version, **facts)
    entry = register.Entry.begin(run, root, folder)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        step = {"inputs": [], "outputs": record.outputs}
        (folder / "manifest.json").write_text(json.dumps({"steps": [step]}))
    entry.end([record], root)


def cleaned(store: Store, root: Path) -> list[str]:
    return clean(store, root, dry_run=False)


@pytest.mark.parametrize("place", ["outputs/exp_a", "sweeps/lr/0", "../elsewhere/run"])
def test_a_run_with_a_folder_of_its_own_keeps_what_it_names(
    store: Store, root: Path, place: str
) -> None:
    ran(root, store.get("t.csv:v0"), root / place)
    cleaned(store, root)
    assert store.versions("t.csv") == [0, 2]


def test_a_run_that_was_deleted_lets_go(store: Store, root: Path) -> None:
    folder = root / "outputs" / "exp_a"
    ran(root, store.get("t.csv:v0"), folder)
    in_mlflow = root / "mlruns" / "0" / "m1" / "artifacts"
    shutil.copytree(folder, in_mlflow)
    shutil.rmtree(folder)
    cleaned(store, root)
    assert store.versions("t.csv") == [0, 2]  # verify finds it in MLflow
    shutil.rmtree(in_mlflow)
    lines = cleaned(store, root)
    assert store.versions("t.csv") == [2]
    assert any("its run was deleted" in line for line in lines)
    assert register.entries(root, []) == []


def test_a_folder_elsewhere_that_is_gone_is_said_and_lets_nothing_go(
    store: Store, root: Path, tmp_path: Path
) -> None:
    ran(root, store.get("t.csv:v0"), tmp_path / "disk" / "run")
    shutil.rmtree(tmp_path / "disk")
    line, *_ = cleaned(store, root)
    assert line.startswith(f"not looked at: {tmp_path}/disk/run of run m1 (No such file")
    assert store.versions("t.csv") == [0, 2]


@pytest.mark.slow
def test_a_tracking_server_that_is_down_is_said_and_no_artifact_is_removed(
    store: Store, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", SERVER)
    ran(root, store.get("t.csv:v0"), None)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setattr(mlflow_runs, "PATIENCE", 2.0)
    lines = cleaned(store, root)
    assert lines[0].startswith(f"not looked at: the runs on {SERVER} (")
    assert "no artifact is removed" in lines[1]
    assert store.versions("t.csv") == [0, 1, 2]


@pytest.mark.slow
def test_what_runs_on_a_tracking_server_name_stays(
    store: Store, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database elsewhere is asked as a server is; of this run nothing else is here."""
    uri = f"sqlite:///{tmp_path / 'team.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiment = client.create_experiment("team", str(tmp_path / "files"))
    run = client.create_run(experiment, tags={"pipeline.outputs": "t.csv:v1, u.csv:v3"})
    cleaned(store, root)
    assert store.versions("t.csv") == [1, 2]
    client.delete_run(run.info.run_id)
    cleaned(store, root)
    assert store.versions("t.csv") == [2]


def test_an_unsynced_run_in_another_wandb_folder_keeps_its_copies_and_is_sent(
    store: Store, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline = tmp_path / "elsewhere" / "wandb" / "offline-run-1-w1" / "run-w1.wandb"
    staged = root / "wandb" / "data" / "artifacts" / "staging" / "file"
    for path in (offline, staged):
        path.parent.mkdir(parents=True)
        path.touch()
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "elsewhere"))
    ran(root, store.get("t.csv:v0"), None, wandb_run="w1")
    monkeypatch.delenv("WANDB_DIR")
    cleaned(store, root)
    assert store.versions("t.csv") == [0, 2]
    assert staged.exists()
    folders = [tmp_path / "elsewhere" / "wandb"]
    (found,) = sync._offline_runs(root, folders, [])
    assert (found.id, found.record.outputs[0]["version"]) == ("w1", 0)
    offline.with_name("run-w1.wandb.synced").touch()
    cleaned(store, root)
    assert not staged.exists()


def test_a_killed_run_keeps_what_its_steps_recorded(store: Store, root: Path) -> None:
    folder = root / "outputs" / "2026-01-01" / "10-00" / "split"
    folder.mkdir(parents=True)
    record_of(store.get("t.csv:v0")).write(folder)
    cleaned(store, root)
    assert store.versions("t.csv") == [0, 2]


def test_a_step_that_ran_alone_keeps_what_its_record_in_mlflow_names(
    store: Store, root: Path
) -> None:
    folder = root / "mlruns" / "0" / "m9" / "artifacts"
    folder.mkdir(parents=True)
    record_of(store.get("t.csv:v0")).write(folder)
    cleaned(store, root)
    assert store.versions("t.csv") == [0, 2]
