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
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.step.run import StepRun
from pipeline.store.artifacts import Store
from pipeline.store.names import PROJECT, check
from pipeline.tracking import mlflow_log
from pipeline.tracking.record import Record
from pipeline.tracking.recorder_client import (
    MovedOfflineError,
    RecorderConnection,
    RecorderProcess,
)
from pipeline.tracking.wandb_store import WandbStore

__all__ = ["StepRun", "start_run"]


@contextmanager
def start_run(step: str, arguments: Namespace) -> Iterator[StepRun]:
    """Run a step: log it, publish its outputs at the end, tell W&B and MLflow.

    Input that cannot be used (InputError) is logged in one line and ends the process with status
    1; the run is recorded as failed and nothing is published.
    """
    try:
        context = RunContext.from_environ()
        check("project", context.project, PROJECT)
    except InputError as error:
        sys.exit(f"error: {step}: {error}")
    paths.MLRUNS.mkdir(exist_ok=True)  # the step folders' links to it lead somewhere
    _set_up_logging(step)
    signal.signal(signal.SIGTERM, _stop)
    with ExitStack() as stack:
        stack.enter_context(context.applied())
        paths.WORK.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(prefix=f"{step}_{os.getpid()}_", dir=paths.WORK)
        work = Path(stack.enter_context(temporary))
        folder = Path(context.record_folder or work / "record")
        folder.mkdir(parents=True, exist_ok=True)
        record = Record(step, vars(arguments), datetime.now(UTC).isoformat("T", "seconds"))
        record.mlflow_run = context.mlflow_run
        connection = _connection(record, context, stack)
        run = StepRun(record, folder, work, _store(connection, context))
        if connection and connection.why:
            run.note_offline(MovedOfflineError(connection.why, record.wandb_run))
        with _recording(run, connection, alone=context.record_folder is None):
            yield run


@contextmanager
def _recording(run: StepRun, connection: RecorderConnection | None, alone: bool) -> Iterator[None]:
    begin, record = time.monotonic(), run.record
    try:
        try:
            yield
            published = time.monotonic()
            run.publish()
            record.tracking = time.monotonic() - published
        finally:
            error = sys.exc_info()[1]
            record.status = "failed" if error else "finished"
            record.error = (str(error) or type(error).__name__) if error else None
            end = time.monotonic()
            record.seconds = round(end - begin, 3)
            record.write(run.folder)
            try:
                if connection:
                    _finish(connection, run)
                    record.tracking = round(record.tracking + time.monotonic() - end, 3)
                    record.write(run.folder)
            finally:
                if alone:
                    mlflow_log.alone_to_mlflow(record, run.folder)
                    run.register()
        if record.refused and alone:  # else main.py says so
            raise InputError(record.refused)
    except InputError as error:
        run.logger.error("%s", error)
        sys.exit(1)
    run.logger.info("done in %.1f s", record.seconds)


def _finish(connection: RecorderConnection, run: StepRun) -> None:
    """Hand the record to W&B; that it was not taken is the step's failure, and in its record."""
    record = run.record
    try:
        connection.ask("finish", str(run.folder))
    except MovedOfflineError as moved:
        run.note_offline(moved)
        record.write(run.folder)
    except InputError as error:
        record.status, record.error = "failed", record.error or str(error)
        record.write(run.folder)
        raise
    finally:
        connection.close()


def _connection(record: Record, context: RunContext, stack: ExitStack) -> RecorderConnection | None:
    """Open the W&B run of a step with the recorder of the whole run, else with one of its own."""
    if context.wandb_mode == "disabled":
        return None
    record.wandb_run = secrets.token_hex(4)
    address = context.recorder or stack.enter_context(RecorderProcess(context)).address
    connection = RecorderConnection(address)
    connection.open(context.project, context.wandb_mode)
    connection.begin({
        "id": record.wandb_run, "project": context.project, "group": context.group,
        "job_type": record.step, "name": record.step, "config": record.parameters,
        "notes": context.notes or _commit(),
    })  # fmt: skip
    return connection


def _store(connection: RecorderConnection | None, context: RunContext) -> Store:
    if connection and connection.catalog:
        return WandbStore(context.artifact_store, connection.catalog, connection.ask)
    return Store(context.artifact_store)


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
