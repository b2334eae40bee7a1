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

from pipeline import paths, processes
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.files import unusable
from pipeline.step.log_file import LogFile
from pipeline.step.run import StepRun
from pipeline.store.artifacts import Store
from pipeline.store.names import PROJECT, check
from pipeline.tracking import mlflow_database, mlflow_log, register
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

    Input that cannot be used (InputError), and a disk that cannot be (OSError), are logged in one
    line and end the process with status 1; the run is recorded as failed and nothing is published.
    A step that main.py or MLflow has started ends when that process has ended.
    """
    try:
        with _started(step, arguments) as run:
            yield run
    except (InputError, OSError) as error:
        line = unusable(error, work=paths.WORK) if isinstance(error, OSError) else error
        logging.getLogger(step).error("%s", line)
        sys.exit(1)


@contextmanager
def _started(step: str, arguments: Namespace) -> Iterator[StepRun]:
    _set_up_logging(step)
    context = RunContext.from_environ()
    check("project", context.project, PROJECT)
    signal.signal(signal.SIGTERM, _stop)
    if context.process:
        processes.end_with(context.process)
    elif context.mlflow_run:  # made by `mlflow run .`
        processes.end_with_starter("MLFLOW_RUN_ID")
    with ExitStack() as stack:
        paths.MLRUNS.mkdir(exist_ok=True)  # the step folders' links to it lead somewhere
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
        alone = context.record_folder is None
        entry = register.Entry.begin(context.mlflow_run, paths.ROOT) if alone else None
        with _recording(run, connection, entry):
            yield run


@contextmanager
def _recording(
    run: StepRun, connection: RecorderConnection | None, entry: register.Entry | None
) -> Iterator[None]:
    """Record how a step ends; with an entry in the register, one that was started alone."""
    begin, record = time.monotonic(), run.record
    try:
        yield
        published = time.monotonic()
        run.publish()
        record.tracking = time.monotonic() - published
    finally:
        record.status, record.error = _outcome(sys.exc_info()[1])
        end = time.monotonic()
        record.seconds = round(end - begin, 3)
        record.write(run.folder)
        try:
            if connection:
                _finish(connection, run)
                record.tracking = round(record.tracking + time.monotonic() - end, 3)
                record.write(run.folder)
        finally:
            if entry:
                _record_alone(run, entry)
    if record.refused and entry:  # else main.py says so
        raise InputError(record.refused)
    run.logger.info("done in %.1f s", record.seconds)


def _outcome(error: BaseException | None) -> tuple[str, str | None]:
    """Return how a step ended, and why it failed if it did."""
    if error is None:
        return "finished", None
    line = unusable(error, work=paths.WORK) if isinstance(error, OSError) else error
    return "failed", str(line) or type(error).__name__


def _record_alone(run: StepRun, entry: register.Entry) -> None:
    """Tell MLflow and the register of a step that was started alone."""
    try:
        mlflow_database.prepare(paths.ROOT)
        with mlflow_database.failures():
            mlflow_log.alone_to_mlflow(run.record, run.folder, entry.process)
        run.register()
    finally:
        entry.known_as(run.record.mlflow_run, paths.ROOT).end([run.record], paths.ROOT)


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
    screen = logging.StreamHandler(sys.stdout)
    screen.setFormatter(logging.Formatter(line, datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[screen])  # which says it if a file cannot be
    file = LogFile(paths.LOG_FILE, encoding="utf-8", errors="backslashreplace")
    file.setFormatter(logging.Formatter(line))
    logging.getLogger().addHandler(file)

    # A bug's traceback is to be found in the log file as well.
    sys.excepthook = lambda *bug: logging.getLogger(step).critical("stopped", exc_info=bug)


def _stop(signal_number: int, _frame: object) -> None:
    sys.exit(128 + signal_number)
