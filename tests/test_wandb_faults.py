"""A W&B that fails while steps run: with `auto` they go on offline, with `online` they stop."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.context import RunContext
from pipeline.tracking import record
from tests.conftest import STEPS, Done, Project, copy_project, handed
from tests.fakes.wandb_server import KEY, Fault, WandbServer
from tests.test_wandb_sync import SYNC, account

QUICK = ("python", "main.py", "experiment=quick")
# What a step asks the service while it runs; the project was opened well before.
FAULTS = {
    "breaks": Fault(status=500, on="UpsertBucket"),
    "key expires": Fault(status=401, on="graphql", after=2),
    "drops": Fault(drop=True, on="graphql", after=3),
    "is slow": Fault(delay=30, on="UpsertBucket"),
}


def mark(step: int, fault: int) -> pytest.MarkDecorator:
    """Each step with one fault in turn, each fault in some; all of them take minutes more."""
    return pytest.mark.slow if fault == step % len(FAULTS) else pytest.mark.thorough


MATRIX = [
    pytest.param(step, fault, marks=mark(number, at))
    for number, step in enumerate(STEPS)
    for at, fault in enumerate(FAULTS)
]
TIMES = ("tracking.timeout=3", "tracking.upload_timeout=8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WandbServer, Project]]:
    """A project that ran online, whole; what a step reads is on the server and here."""
    folder = tmp_path_factory.mktemp("made")
    with WandbServer(folder / "server") as server:
        project = copy_project(folder / "repository")
        done = project.run(*QUICK, **account(server, project))
        assert done.status == 0, done.out + done.err
        yield server, project


def run(project: Project, server: WandbServer, *words: str, **more: str) -> Done:
    done = project.run(*QUICK, *TIMES, *words, **account(server, project), **more)
    everything = done.out + done.err + (project.root / "ml_pipeline.log").read_text()
    assert "Traceback" not in everything
    assert KEY not in everything
    return done


@pytest.mark.parametrize(("step", "fault"), MATRIX)
def test_a_step_goes_on_offline_and_says_so_once(
    made: tuple[WandbServer, Project], step: str, fault: str, tmp_path: Path
) -> None:
    server, project = made
    (place,) = project.root.glob(f"outputs/*/*/{step}")
    words = []
    for name, value in json.loads((place / record.FILE).read_text())["parameters"].items():
        file = place.with_name(f"{step}.{name}.yaml")  # of what is no plain value
        words.append(f"--{name}={file if isinstance(value, dict | list) else value}")
    store, name = str(project.root / "artifacts"), "reproducible_ml_pipeline"
    context = RunContext(store, "auto", 3, 8, "online", name, record_folder=str(tmp_path))
    ours = handed(context) | {"MLFLOW_RUN_ID": "f00d"}  # MLflow is not asked
    server.fail(FAULTS[fault])
    try:
        done = project.run("python", f"{step}/run.py", *words, **account(server, project), **ours)
    finally:
        server.fail()
    assert done.status == 0, done.out + done.err
    assert (done.out + done.err).count("; going on offline") == 1, done.out + done.err
    assert KEY not in done.out + done.err
    left = record.read_record(tmp_path)
    assert left is not None
    assert (left.status, left.catalog) == ("finished", "")
    assert left.offline is not None
    assert left.offline.startswith("W&B: ")
    for output in left.outputs:
        manifest = project.manifest(record.reference(output))  # of the store's own catalog
        assert manifest["digest"] == output["digest"]
    assert len(list((project.root / "wandb").glob(f"offline-run-*-{left.wandb_run}"))) == 1


@pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, marks=pytest.mark.slow if at % 2 else pytest.mark.thorough)
     for at, fault in enumerate(FAULTS)],
)  # fmt: skip
def test_online_stops_with_one_line(made: tuple[WandbServer, Project], fault: str) -> None:
    server, project = made
    server.fail(FAULTS[fault])
    try:
        words = ("tracking.wandb=online", "main.steps=segregate", "main.force=[segregate]")
        done = run(project, server, *words)
    finally:
        server.fail()
    assert done.status == 1, done.out
    last = done.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert "W&B: " in last
    assert "WANDB_MODE=offline or disabled does without the service" in last
    assert "going on offline" not in done.out + done.err


@pytest.mark.slow
def test_an_upload_is_cut_off(tmp_path: Path) -> None:
    with WandbServer(tmp_path / "server") as server:
        project = copy_project(tmp_path / "repository")
        server.fail(Fault(drop=True, on="PUT"))
        done = run(project, server, "main.steps=get_data")
        assert done.status == 0, done.out + done.err
        assert (done.out + done.err).count("; going on offline") == 1
        assert "main.action=sync" in done.out  # how to send it later
        server.fail()
        sent = project.run(*SYNC, **account(server, project))
        assert sent.status == 0, sent.out + sent.err
        (held,) = [a for a in server.artifacts() if a["state"] == "COMMITTED"
                   and a["collection"] == "raw_data.parquet"]  # fmt: skip
        assert held["aliases"] == ["latest"]


@pytest.mark.slow
def test_nobody_answers(tmp_path: Path) -> None:
    """Like a laptop without a network: the service is not there from the start."""
    with WandbServer(tmp_path / "server") as server:
        project = copy_project(tmp_path / "repository")
    begin = time.monotonic()
    done = run(project, server, "main.steps=get_data,preprocess")
    assert done.status == 0, done.out + done.err
    assert time.monotonic() - begin < 45
    assert (done.out + done.err).count("; going on offline") == 1
    assert project.manifest("preprocessed_data.csv:latest")["metadata"]["rows"] == 4854
    done = run(project, server, "main.steps=get_data", "tracking.wandb=online")
    assert done.status == 1
    assert done.err.splitlines()[-1].startswith("error: W&B: ")


@pytest.mark.thorough
def test_the_service_dies_while_the_pipeline_runs(tmp_path: Path) -> None:
    """The rest goes offline; when the service is back, a sync sends it, and nothing is lost."""
    folder = tmp_path / "server"
    project = copy_project(tmp_path / "repository")
    with WandbServer(folder) as server:
        known = account(server, project)
        with project.start(*QUICK, *TIMES, **known) as running:
            while not any(a["collection"] == "data_certificate.json" and a["state"] == "COMMITTED"
                          for a in server.artifacts()):  # fmt: skip
                assert running.poll() is None
                time.sleep(0.05)
            server.fail(Fault(drop=True))
            out, _ = running.communicate(timeout=240)
        assert running.returncode == 0, out
        assert out.count("; going on offline") == 1, out
        server.fail()
        done = project.run(*SYNC, **known)
        assert done.status == 0, done.out + done.err
        held = [a for a in server.artifacts() if a["state"] == "COMMITTED"]
        runs = {run["id"]: run for run in server.runs()}
        made_by = {a["collection"]: runs[a["logged_by"]]["job_type"] for a in held
                   if not a["collection"].startswith("run-")}  # fmt: skip
        assert made_by["model_export"] == "train_random_forest"
        assert made_by["predictions.parquet"] == "evaluate"
        used = {a["collection"]: {runs[one]["job_type"] for one in a["used_by"]} for a in held}
        assert "train_random_forest" in used["data_train.csv"]
        assert used["model_export"] == {"evaluate"}
        again = project.run(*QUICK, **known)  # online: all of it serves
        assert again.out.count("  hit: ") == len(STEPS), again.out


@pytest.mark.slow
def test_what_was_seen_online_is_there_without_the_service(
    made: tuple[WandbServer, Project], tmp_path: Path
) -> None:
    server, project = made
    copy = Project(tmp_path / "repository")
    shutil.copytree(project.root, copy.root, symlinks=True)
    for own in ("aliases", "digests", "steps", "versions"):  # as if it never was offline before
        shutil.rmtree(copy.root / "artifacts" / own, ignore_errors=True)
    server.fail(Fault(drop=True))
    try:
        words = ("main.steps=train_random_forest,evaluate", "main.force=[evaluate]")
        done = run(copy, server, *words)
    finally:
        server.fail()
    assert done.status == 0, done.out + done.err
    assert (done.out + done.err).count("; going on offline") == 1
    assert "train_random_forest  hit: " in done.out
    assert "evaluate  run: forced" in done.out
