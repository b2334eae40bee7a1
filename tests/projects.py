"""A copy of the project to run things in, as a person would: commands in a folder."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.processes import ROOT, Done, clean_environment

if TYPE_CHECKING:
    from mlflow import MlflowClient

SAMPLE = "assets/songs_sample.parquet"
STEPS = list(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["steps"])


@dataclass
class Project:
    """A copy of the repository; commands run in it with the interpreter of the tests."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, cwd: str = ".", **environment: str) -> Done:
        """Run a command and wait for it."""
        done = subprocess.run(
            self.words(command),
            cwd=self.root / cwd,
            env=self.variables | environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            self.words(command),
            cwd=self.root,
            env=self.variables | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def words(self, command: tuple[str, ...]) -> list[str]:
        """Return a command with the interpreter of the tests for the word "python"."""
        return [sys.executable if word == "python" else word for word in command]

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a person who has activated the virtual environment."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return clean_environment() | {"PATH": path} | self.environment

    def manifest(self, reference: str, store: str = "artifacts") -> dict[str, Any]:
        """Return the manifest of name:vN or name:alias of the store."""
        name, _, alias = reference.partition(":")
        pointer = self.root / store / "aliases" / name / alias
        version = pointer.read_text() if pointer.exists() else alias
        path = self.root / store / "versions" / name / f"{version}.json"
        manifest: dict[str, Any] = json.loads(path.read_text())
        return manifest

    def file(self, reference: str, store: str = "artifacts") -> Path:
        """Return the only file of an artifact, inside the store."""
        (only,) = self.manifest(reference, store)["files"]
        folder = self.root / store / "objects" / only["sha256"][:2] / only["sha256"]
        return folder / only["path"]

    def last_config(self) -> dict[str, Any]:
        """Return the resolved config of the newest run."""
        config: dict[str, Any] = self.last_manifest()["config"]
        return config

    def last_manifest(self) -> dict[str, Any]:
        """Return the manifest of the newest run."""
        newest = max(self.root.glob("outputs/*/*/manifest.json"), key=str)
        manifest: dict[str, Any] = json.loads(newest.read_text())
        return manifest

    def artifacts(self) -> dict[str, str]:
        """Return the digests of what the newest run has made, by name."""
        steps = self.last_manifest()["steps"]
        return {made["name"]: made["digest"] for step in steps for made in step["outputs"]}

    def mlflow(self) -> "MlflowClient":
        """Return a client of the project's MLflow."""
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{self.root / 'mlflow.db'}")

    def runs(self) -> list[dict[str, Any]]:
        """Return every MLflow run: status, tags, params, metrics."""
        client = self.mlflow()
        return [
            {"id": r.info.run_id, "name": r.info.run_name, "status": r.info.status}
            | {"tags": r.data.tags, "params": r.data.params, "metrics": r.data.metrics}
            | {"artifacts": r.info.artifact_uri, "experiment": r.info.experiment_id}
            | {"datasets": {d.tags[0].value: d.dataset for d in r.inputs.dataset_inputs}}
            for r in client.search_runs([e.experiment_id for e in client.search_experiments()])
        ]

    def whole_run(self) -> dict[str, dict[str, Any]]:
        """Return the MLflow runs of the fixture's own whole run: "parent", and step → child."""
        runs = self.runs()  # the newest first
        parent = [run for run in runs if "mlflow.parentRunId" not in run["tags"]][-1]
        children = [r for r in runs if r["tags"].get("mlflow.parentRunId") == parent["id"]]
        return {"parent": parent} | {run["name"]: run for run in children}


def copy_project(target: Path) -> Project:
    """Copy what git tracks, or would, but for the steps and defaults of whoever has cloned it.

    So what these tests hold does not depend on them; no results, no environment.
    """
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    own = [path.stem for path in ROOT.glob("conf/step/*.yaml")]
    left_out = ("conf/step/", "conf/project.yaml", *(f"{name}/" for name in own))
    for name in filter(None, names.split("\0")):
        source = ROOT / name
        if name.removeprefix("tests/").startswith(left_out):
            continue
        if source.is_file() or source.is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    return Project(target)


def copy_results(source: Path, target: Path) -> Project:
    """Copy a project with all its results, as somebody moves a folder to another place.

    MLflow names its files by their whole path: in the copy's database they are the copy's.
    """
    shutil.copytree(source, target, symlinks=True)
    places = {
        "experiments": ["artifact_location"],
        "runs": ["artifact_uri"],
        "model_versions": ["source", "storage_location"],
        "logged_models": ["artifact_location"],
    }
    with closing(sqlite3.connect(target / "mlflow.db")) as database, database:
        for table, columns in places.items():
            for column in columns:
                database.execute(
                    f"UPDATE {table} SET {column} = replace({column}, ?, ?)",
                    (str(source), str(target)),
                )
    return Project(target)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time be here; the others wait."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
