"""A copy of the project to run things in, as a person would: commands in a folder."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

# In the background of a script SIGINT is ignored, and so it would be in what the tests start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = "assets/songs_sample.parquet"


@dataclass
class Project:
    """A copy of the repository; commands run in it with the interpreter of the tests."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, cwd: str = ".", **environment: str) -> "Done":
        """Run a command and wait for it."""
        done = subprocess.run(
            self._words(command),
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
            self._words(command),
            cwd=self.root,
            env=self.variables | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _words(self, command: tuple[str, ...]) -> list[str]:
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
        found: dict[str, Any] = json.loads(newest.read_text())
        return found

    def runs(self) -> list[dict[str, Any]]:
        """Return every MLflow run: status, tags, params, metrics."""
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{self.root / 'mlflow.db'}")
        return [
            {"id": r.info.run_id, "name": r.info.run_name, "status": r.info.status}
            | {"tags": r.data.tags, "params": r.data.params, "metrics": r.data.metrics}
            | {"artifacts": r.info.artifact_uri}
            for r in client.search_runs([e.experiment_id for e in client.search_experiments()])
        ]

    def whole_run(self) -> dict[str, dict[str, Any]]:
        """Return the MLflow runs of the fixture's own whole run: "parent", and step → child."""
        runs = self.runs()  # the newest first
        parent = [run for run in runs if run["name"] == "dev"][-1]
        children = [r for r in runs if r["tags"].get("mlflow.parentRunId") == parent["id"]]
        return {"parent": parent} | {run["name"]: run for run in children}


@dataclass
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The last line on standard error, or of the step's log lines on standard output."""
        lines = [line for line in (self.out + self.err).splitlines() if line.strip()]
        return next((line for line in reversed(lines) if "error" in line.lower()), "")


THOROUGH = "THOROUGH" in os.environ  # with it, tests also do what takes minutes more


def clean_environment() -> dict[str, str]:
    """The environment without what a run of the pipeline, or pytest, may have set."""
    ours = ("MLFLOW_", "_MLFLOW_", "WANDB_", "PIPELINE_", "HYDRA_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"NETRC": os.devnull}  # a key in it would send what the tests do to W&B


def copy_project(target: Path) -> Project:
    """Copy what git tracks, or would: no results, no environment."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        source = ROOT / name
        if source.exists() or source.is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name, follow_symlinks=False)
    return Project(target)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the repository in which the whole pipeline has run once on the sample."""
    made = copy_project(tmp_path_factory.mktemp("project") / "a repository")  # a space, on purpose
    done = made.run("python", "main.py")
    assert done.status == 0, done.out + done.err
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A copy of the repository in which nothing has run."""
    return copy_project(tmp_path / "repository")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[ThreadedMotoServer]:
    """Moto's S3 server, a stand-in for S3 on this machine."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server: ThreadedMotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return boto3's client of an empty S3 with one bucket, "bucket"."""
    host, port = s3_server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    yield client
    found = client.list_objects_v2(Bucket="bucket").get("Contents", [])
    for entry in found:
        client.delete_object(Bucket="bucket", Key=entry["Key"])
    client.delete_bucket(Bucket="bucket")
    client.close()


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that run whole pipelines."""
    config.addinivalue_line("markers", "slow: a whole pipeline in processes")
