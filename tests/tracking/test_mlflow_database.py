"""MLflow's database: at home in a copy and after a move, without dead runs, made once."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import paths, processes
from pipeline.errors import InputError
from pipeline.tracking import mlflow_database, mlflow_runs, register
from pipeline.tracking.entities import family
from tests.conftest import ROOT

MAKE = """
import os, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from pipeline import paths
paths.ROOT = Path(sys.argv[1])
from pipeline.tracking import mlflow_database
mlflow_database.prepare(paths.ROOT)
"""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of another place, with two runs in its database."""
    root = tmp_path_factory.mktemp("original") / "project's folder"
    (root / "mlruns").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as environment:
        at(root, environment)
        mlflow_database.prepare(root)
        from mlflow import MlflowClient

        client = MlflowClient()
        for status in ("FINISHED", "RUNNING"):
            run = client.create_run("0").info.run_id
            client.log_text(run, "x", "a.txt")
            if status == "FINISHED":
                client.set_terminated(run)
        elsewhere = client.create_experiment("elsewhere", str(root.parent / "chosen" / "7"))
        client.create_run(elsewhere)
    return root


@pytest.fixture(autouse=True)
def _no_tracking_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith(("MLFLOW_", "_MLFLOW_", "PIPELINE_"))]:
        monkeypatch.delenv(name)


def at(root: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setattr(paths, "ROOT", root)
    environment.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{root / 'mlflow.db'}")
    environment.setenv("_MLFLOW_SERVER_ARTIFACT_ROOT", str(root / "mlruns"))


def places(root: Path) -> set[str]:
    with closing(sqlite3.connect(root / "mlflow.db")) as database:
        rows = database.execute(
            "SELECT artifact_uri FROM runs UNION SELECT artifact_location FROM experiments"
        )
        return {str(place) for (place,) in rows}


@pytest.mark.parametrize("move", [False, True])
def test_in_a_copy_and_after_a_move_all_is_written_to_the_new_place(
    made: Path, tmp_path: Path, move: bool, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = tmp_path / "new % place"
    shutil.copytree(made, root)
    original = made
    if move:  # what it was moved from is not there any more
        original = made.with_name("gone")
        with closing(sqlite3.connect(root / "mlflow.db")) as database, database:
            for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
                words = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
                database.execute(words, (str(made), str(original)))
    at(root, monkeypatch)
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    mlflow_database.prepare(root)
    assert f"This project was in {original} when" in capsys.readouterr().err
    chosen = {place for place in places(root) if "chosen" in place}
    assert len(chosen) == 2  # a place that somebody chose stays
    assert all(place.startswith(f"{root}/mlruns/") for place in places(root) - chosen)
    from mlflow import MlflowClient

    client = MlflowClient()
    run = client.create_run("0").info.run_id
    client.log_text(run, "new", "b.txt")
    assert (root / "mlruns" / "0" / run / "artifacts" / "b.txt").read_text() == "new"
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before
    mlflow_database.prepare(root)
    assert capsys.readouterr().err == ""


def test_a_place_that_cannot_be_mended_is_one_line(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(made, root)
    at(root, monkeypatch)
    with closing(sqlite3.connect(root / "mlflow.db")) as database, database:
        database.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    held = places(root)
    with pytest.raises(InputError, match=r"mlflow\.db names the files of .*cannot be mended: no;"):
        mlflow_database.prepare(root)
    assert places(root) == held  # all or nothing


def test_runs_of_a_killed_process_are_closed_with_those_of_their_steps(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(made, root)
    at(root, monkeypatch)
    mlflow_database.prepare(root)
    from mlflow import MlflowClient

    client = MlflowClient()
    own, living = (client.create_run("0").info.run_id for _ in range(2))
    child = client.create_run("0", tags={"mlflow.parentRunId": own}).info.run_id
    done = client.create_run("0", tags={"mlflow.parentRunId": own}).info.run_id
    client.set_terminated(done)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        dead = processes.identity(killed.pid)
        killed.kill()
    entry = register.Entry.begin(own, root)
    replace(entry, process=dead)._write(root, register.RUNNING)
    register.Entry.begin(living, root)  # of this process
    mlflow_runs.close_dead(root)
    status = {run: client.get_run(run).info.status for run in (own, child, done, living)}
    assert status == {own: "KILLED", child: "KILLED", done: "FINISHED", living: "RUNNING"}
    assert [e.mlflow_run for e in register.running(root)] == [living]


def test_the_first_experiment_gets_the_name_of_the_project(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(made, root)  # of a release in which it was Default
    at(root, monkeypatch)
    mlflow_database.prepare(root, "elsewhere")  # which has an experiment already
    from mlflow import MlflowClient

    client = MlflowClient()
    assert client.get_experiment("0").name == "Default"
    mlflow_database.prepare(root, "songs")
    mlflow_database.prepare(root, "other")
    assert client.get_experiment("0").name == "songs"
    assert family.experiment_of("songs") == "0"
    other = family.experiment_of("other")
    assert client.get_experiment(str(other)).name == "other"
    assert family.experiment_of("other") == other
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")  # MLflow itself reads it
    mine = family.experiment_of("songs")
    assert mine not in ("0", other)
    assert family.experiment_of("other") == mine
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", other)
    assert family.experiment_of("songs") == other


@pytest.mark.slow
def test_several_first_runs_at_once_make_one_database(tmp_path: Path) -> None:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("MLFLOW_", "_MLFLOW_"))}
    kept |= {"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}"}
    kept |= {"_MLFLOW_SERVER_ARTIFACT_ROOT": str(tmp_path / "mlruns")}
    words = [sys.executable, "-c", MAKE, str(tmp_path)]
    first = [
        subprocess.Popen(words, cwd=ROOT, env=kept, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=200)[1] for process in first]
    assert [process.returncode for process in first] == [0, 0, 0], said
    assert "Traceback" not in "".join(said)
