"""A step's run: what it reads and writes, recorded in the artifact store, W&B and MLflow."""

import logging
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError
from pipeline.step.run import StepRun
from pipeline.store.artifacts import Store
from pipeline.tracking import mlflow_log, model_registry, record
from pipeline.tracking.recorder_client import MovedOfflineError, Recorder, Recording
from pipeline.tracking.wandb_store import WandbStore

__all__ = ["StepRun", "start_run"]


@contextmanager
def start_run(step: str, arguments: Namespace) -> Iterator[StepRun]:
    """Run a step: log it, publish its outputs at the end, tell W&B and MLflow.

    Input that cannot be used (InputError) is logged in one line and ends the process with status
    1; the run is recorded as failed and nothing is published.
    """
    os.environ.update(paths.tracking_environment())
    paths.MLRUNS.mkdir(exist_ok=True)  # the step folders' links to it lead somewhere
    _set_up_logging(step)
    signal.signal(signal.SIGTERM, _stop)
    with ExitStack() as stack:
        paths.WORK.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(prefix=f"{step}_{os.getpid()}_", dir=paths.WORK)
        work = Path(stack.enter_context(temporary))
        folder = Path(os.environ.get(paths.RECORD_FOLDER) or work / "record")
        folder.mkdir(parents=True, exist_ok=True)
        facts = record.Record(step, vars(arguments), datetime.now(UTC).isoformat("T", "seconds"))
        facts.mlflow_run = os.environ.get("MLFLOW_RUN_ID")
        recording = _open_recording(facts, stack)
        run = StepRun(facts, folder, work, _open_store(recording))
        if recording and recording.why:
            run.moved(MovedOfflineError(recording.why, facts.wandb_run))
        with _recorded(run, recording):
            yield run


@contextmanager
def _recorded(run: StepRun, recording: Recording | None) -> Iterator[None]:
    begin, facts = time.monotonic(), run.record
    try:
        try:
            yield
            published = time.monotonic()
            run.publish()
            facts.tracking = time.monotonic() - published
        finally:
            error = sys.exc_info()[1]
            facts.status = "failed" if error else "finished"
            facts.error = (str(error) or type(error).__name__) if error else None
            end = time.monotonic()
            facts.seconds = round(end - begin, 3)
            facts.write(run.folder)
            try:
                if recording:
                    _finish(recording, run)
                    facts.tracking = round(facts.tracking + time.monotonic() - end, 3)
                    facts.write(run.folder)
            finally:
                if paths.RECORD_FOLDER not in os.environ:
                    mlflow_log.alone_to_mlflow(facts, run.folder)
                    model_registry.register(facts, run.store)
        if facts.refused and paths.RECORD_FOLDER not in os.environ:  # else the parent says so
            raise InputError(facts.refused)
    except InputError as error:
        run.logger.error("%s", error)
        sys.exit(1)
    run.logger.info("done in %.1f s", facts.seconds)


def _finish(recording: Recording, run: StepRun) -> None:
    """Hand the record to W&B; that it was not taken is the step's failure, and in its record."""
    facts = run.record
    try:
        recording.ask("finish", str(run.folder))
    except MovedOfflineError as moved:
        run.moved(moved)
        facts.write(run.folder)
    except InputError as error:
        facts.status, facts.error = "failed", facts.error or str(error)
        facts.write(run.folder)
        raise
    finally:
        recording.close()


def _open_recording(facts: record.Record, stack: ExitStack) -> Recording | None:
    mode = os.environ["WANDB_MODE"]
    if mode == "disabled":
        return None
    facts.wandb_run = secrets.token_hex(4)
    address = os.environ.get(paths.RECORDER) or stack.enter_context(Recorder()).address
    project = os.environ.get("WANDB_PROJECT") or paths.setting("main", "project_name")
    recording = Recording(address)
    recording.open(project, mode)
    recording.begin(
        {"id": facts.wandb_run, "project": project, "group": os.environ.get("WANDB_RUN_GROUP")}
        | {"job_type": facts.step, "name": facts.step, "config": facts.parameters}
        | {"notes": os.environ.get("WANDB_NOTES") or _commit()},
    )
    return recording


def _open_store(recording: Recording | None) -> Store:
    if recording and recording.catalog:
        return WandbStore(paths.artifact_store(), recording.catalog, recording.ask)
    return Store(paths.artifact_store())


def _commit() -> str | None:
    """Return the commit that the code is at, with `-dirty` if it has changed since."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return None
    return f"commit {done.stdout.strip()}"


def _set_up_logging(step: str) -> None:
    line = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    file = logging.FileHandler(paths.LOG_FILE, encoding="utf-8")
    file.setFormatter(logging.Formatter(line))
    screen = logging.StreamHandler(sys.stdout)
    screen.setFormatter(logging.Formatter(line, datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[file, screen])

    # A bug's traceback is to be found in the log file as well.
    sys.excepthook = lambda *bug: logging.getLogger(step).critical("stopped", exc_info=bug)


def _stop(signal_number: int, _frame: object) -> None:
    sys.exit(128 + signal_number)
