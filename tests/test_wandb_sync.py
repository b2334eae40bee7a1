"""A whole run made offline, then sent to a double of the W&B server: nothing is lost."""

import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import wiring
from tests.conftest import ROOT, STEPS, Project, copy_project, copy_results
from tests.fakes.wandb_person import IMPATIENT
from tests.fakes.wandb_server import KEY, Fault, WandbServer

SYNC = ("python", "main.py", "main.action=sync")
OUTPUTS = sorted(
    [
        "gate.json",
        "validation_predictions.parquet",
        *(name for step in wiring.read(ROOT) for name in step.makes),
    ]
)


@pytest.fixture
def offline(tmp_path: Path) -> Project:
    """A repository in which the pipeline has run offline, for one test alone."""
    made = copy_project(tmp_path / "repository")
    done = made.run("python", "main.py", "experiment=quick", "main.report=true")
    assert done.status == 0, done.out + done.err
    return made


@pytest.fixture
def project(sample_run: Path, tmp_path: Path) -> Project:
    """A copy of a repository in which the pipeline has run offline; what it staged stays there."""
    return copy_results(sample_run, tmp_path / "repository")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WandbServer]:
    with WandbServer(tmp_path / "server") as server:
        yield server


def account(server: WandbServer, project: Project, key: str = KEY) -> dict[str, str]:
    """What a person's processes find who has an account, at a machine of their own."""
    config = {"WANDB_CONFIG_DIR": str(project.root.parent / "config")}
    return {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": key} | config | IMPATIENT


def held(server: WandbServer) -> dict[str, dict[str, Any]]:
    """The pipeline's artifacts on the server, by name; each has one version."""
    found = [a for a in server.artifacts() if not a["collection"].startswith("run-")]
    assert len({a["collection"] for a in found}) == len(found)
    return {a["collection"]: a for a in found}


def whole(server: WandbServer, project: Project, store: str = "artifacts") -> None:
    """The server holds what the store holds, with its lineage: online as after a sync."""
    runs = {run["id"]: run for run in server.runs()}
    assert sorted(run["job_type"] for run in runs.values()) == sorted([*STEPS, "report"])
    (report,) = [run for run in runs.values() if run["job_type"] == "report"]
    assert any(name.endswith(".html") for name in report["files"]), report["files"]
    assert {run["state"] for run in runs.values()} == {"finished"}
    assert len({run["group"] for run in runs.values()}) == 1
    artifacts = held(server)
    assert sorted(artifacts) == OUTPUTS
    for name, artifact in artifacts.items():
        manifest = project.manifest(f"{name}:latest", store)
        facts = artifact["metadata"].pop("pipeline")
        assert artifact["metadata"] == manifest["metadata"]
        assert artifact["description"] == manifest["description"]
        assert facts["digest"] == manifest["digest"]
        assert facts["files"] == manifest["files"]
        assert (artifact["state"], artifact["version"]) == ("COMMITTED", manifest["version"]), name
        sizes = {file["path"]: file["size"] for file in manifest["files"]}
        assert {path: file["size"] for path, file in artifact["files"].items()} == sizes
        assert runs[artifact["logged_by"]]["job_type"] == manifest["step"]
    used = {name: {runs[run]["job_type"] for run in a["used_by"]} for name, a in artifacts.items()}
    assert used == {
        name: {step.name for step in wiring.read(ROOT) if name in step.reads} for name in OUTPUTS
    }
    for run in (run for run in runs.values() if run is not report):
        calls_of_the_seed(run)


def calls_of_the_seed(run: dict[str, Any]) -> None:
    """What else a step has told its W&B run; `whole` has looked at its artifacts.

    A step whose artifacts have W&B's numbers has waited for them, and one of another machine that
    goes on from them has asked for their files (tests/test_wandb_online.py).
    """
    # What config.update was given is what use_artifact has noted.
    assert sorted(run["config"]["inputs"]) == sorted(run["inputs"])
    assert run["summary"]["seconds"] > 0
    assert "output.log" in run["files"]  # the Logs tab
    if run["job_type"] == "train_random_forest":  # log
        rows = [row for row in run["history"] if "fitting/validation_log_loss" in row]
        assert [row["_step"] for row in rows] == [row["trees"] for row in rows] != []
        assert rows[-1]["confusion_matrix"]["_type"] == "image-file"
        assert any(name.startswith("media/images/roc_") for name in run["files"])


@pytest.mark.slow
def test_sync_sends_all_and_again_sends_nothing(project: Project, server: WandbServer) -> None:
    done = project.run(*SYNC, **account(server, project))
    assert done.status == 0, done.out + done.err
    assert (
        f"{len(STEPS) + 1} runs are in tester/reproducible_ml_pipeline, every artifact of them"
        in done.out
    )
    whole(server, project)
    requests = len(server.requests())
    again = project.run(*SYNC, **account(server, project))
    assert again.out == "nothing to send: all offline runs are synced\n"
    assert len(server.requests()) == requests
    assert KEY not in done.out + done.err


@pytest.mark.thorough
def test_online_goes_on_where_the_offline_run_ended(project: Project, server: WandbServer) -> None:
    known = account(server, project)
    before = project.run("python", "main.py", "main.steps=evaluate", **known)
    assert before.status == 1
    assert "no artifact model_export" in before.err
    assert "it was made offline: main.action=sync sends it" in before.err
    assert project.run(*SYNC, **known).status == 0
    after = project.run("python", "main.py", **known)
    assert after.status == 0, after.out + after.err
    assert after.out.count("  hit: ") == len(STEPS)


@pytest.mark.thorough
def test_copies_that_are_gone_are_made_again_from_the_store(
    offline: Project, server: WandbServer
) -> None:
    project = offline
    shutil.rmtree(project.root / "wandb" / "data")
    done = project.run(*SYNC, **account(server, project))
    assert done.status == 0, done.out + done.err
    assert "raw_data.parquet:v0; raw_data.parquet:v0 sent again from the store" in done.out
    whole(server, project)


@pytest.mark.thorough
def test_sync_killed_and_said_again(project: Project, server: WandbServer) -> None:
    """Ten times at random moments; what was there stays and is not doubled."""
    moments = random.Random(4)
    for _ in range(10):
        with project.start(*SYNC, **account(server, project)) as running:
            time.sleep(moments.uniform(1.5, 6))
            running.send_signal(signal.SIGKILL)
            running.communicate(timeout=60)
    done = project.run(*SYNC, **account(server, project))
    assert done.status == 0, done.out + done.err
    whole(server, project)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(status=401), Fault(drop=True, on="PUT")]
)
def test_a_server_that_is_not_well(project: Project, server: WandbServer, fault: Fault) -> None:
    server.fail(fault)
    done = project.run(*SYNC, **account(server, project))
    assert done.status == 1
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: W&B refused: ")
    assert KEY not in done.out + done.err
    assert "Traceback" not in done.out + done.err
    server.fail()
    assert project.run(*SYNC, **account(server, project)).status == 0
    whole(server, project)


@pytest.mark.slow
def test_nothing_was_made_offline(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "repository")
    done = project.run(*SYNC, WANDB_API_KEY=KEY)
    assert (done.status, done.out) == (0, "nothing to send: all offline runs are synced\n")
    assert done.err == ""
    (project.root / "wandb" / "offline-run-1-abc").mkdir(parents=True)
    done = project.run(*SYNC, WANDB_API_KEY=KEY)
    assert done.out.startswith("left: offline-run-1-abc, whose step was killed; `wandb sync` sends")
