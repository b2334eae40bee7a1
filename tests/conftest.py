"""What tests of the whole share: finished runs to copy, an S3 server, Hypothesis's settings."""

import logging
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import hypothesis
import pytest
from moto.server import ThreadedMotoServer

from pipeline import paths
from tests.processes import (
    PROGRAMS,
    ROOT,
    Done,
    clean_environment,
    handed,
    program,
    program_words,
    unrecorded,
)
from tests.projects import SAMPLE, STEPS, Project, copy_project, copy_results, locked

__all__ = [
    "PROGRAMS", "ROOT", "SAMPLE", "STEPS", "Done", "Project", "clean_environment", "copy_project",
    "copy_results", "handed", "program", "program_words", "unrecorded",
]  # fmt: skip

# Property tests try the same cases each time. For new ones, which are kept in .hypothesis/:
#     uv run pytest -m hypothesis --hypothesis-profile=search
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("search", derandomize=False, deadline=None, print_blob=True)
hypothesis.settings.load_profile("repeatable")

# In the background of a script SIGINT is ignored, and so it would be in what the tests start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository that records where it does by default, for one test alone."""
    for name in ("MLFLOW_TRACKING_URI", "_MLFLOW_SERVER_ARTIFACT_ROOT", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setattr(paths, "ROOT", root)
    return root


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all pytest processes of this session have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def finished(shared_folder: Path, name: str, *words: str) -> Path:
    """Return the folder of a project in which the pipeline has run once; the first to ask runs it.

    It is for all pytest processes: nobody changes it.
    """
    folder = shared_folder / name / "a repository"  # a space, on purpose
    with locked(shared_folder / f"{name}.lock"):
        if not folder.exists():
            draft = copy_project(folder.with_name("a draft repo"))  # MLflow's paths: as long
            done = draft.run("python", "main.py", *words)
            assert done.status == 0, done.out + done.err
            copy_results(draft.root, folder)
    return folder


@pytest.fixture(scope="session")
def sample_run(shared_folder: Path) -> Path:
    """The folder of a whole run on the sample, offline, to be copied."""
    return finished(shared_folder, "sample run")


@pytest.fixture(scope="session")
def quick_run(shared_folder: Path) -> Path:
    """The same of `experiment=quick`, with a report."""
    return finished(shared_folder, "quick run", "experiment=quick", "main.report=true")


def copy_without_wandb(sample_run: Path, folder: Path) -> Project:
    """Copy a whole run into a folder; what then runs there is not recorded in W&B."""
    return Project(
        copy_results(sample_run, folder / "a repository").root, {"WANDB_MODE": "disabled"}
    )


@pytest.fixture(scope="session")
def project(sample_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the repository in which the whole pipeline has run once on the sample, offline.

    What tests run in it is not recorded in W&B, unless they say so: that takes seconds.
    """
    return copy_without_wandb(sample_run, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def own_project(sample_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same for one module, whose tests bring tables of their own.

    In `project` these would be the latest versions, and champions, for the tests that follow.
    """
    return copy_without_wandb(sample_run, tmp_path_factory.mktemp("own project"))


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


CAMPAIGN = ("faults", "kills", "bad inputs", "hostile strings")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how much a campaign (tests/campaign) threw and how much was borne, of each kind.

    A test says what it threw by `record_property(kind, number)`.
    """
    counts = {outcome: Counter[str]() for outcome in ("passed", "failed")}
    for outcome, count in counts.items():
        for report in terminalreporter.getreports(outcome):
            for name, number in getattr(report, "user_properties", ()):
                if name in CAMPAIGN:
                    count[name] += number
    for kind in CAMPAIGN:
        if total := counts["passed"][kind] + counts["failed"][kind]:
            terminalreporter.write_line(
                f"campaign: {kind}: {counts['passed'][kind]} of {total} borne"
            )
