"""A step's run: what it reads and writes, recorded in the artifact store, W&B and MLflow."""

import logging
import os
import secrets
import signal
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pipeline import paths, processes
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.screen import failures, logs, terminal
from pipeline.step import described
from pipeline.step.run import StepRun
from pipeline.store.artifacts import Store
from pipeline.store.names import PROJECT, check
from pipeline.tracking import mlflow_database, mlflow_log, mlflow_runs, register
from pipeline.tracking.entities.family import experiment_of
from pipeline.tracking.entities.parameters import Handed, handed_to
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
        logging.getLogger(step).error("%s", failures.describe(error, step))
        sys.exit(1)


@contextmanager
def _started(step: str, arguments: Namespace) -> Iterator[StepRun]:
    _show_failures(step)
    context = RunContext.from_environ()
    check("project", context.project, PROJECT)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
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
        handed = handed_to(context.record_folder)
        given = described.recorded(arguments, handed)
        record = Record(step, given, datetime.now(UTC).isoformat("T", "seconds"))
        record.mlflow_run = context.mlflow_run
        stack.enter_context(logs.kept(folder))
        connection = _connection(record, context, handed, stack)
        store = _store(connection, context)
        run = StepRun(record, folder, work, store, context.workers, context.engine)
        stack.callback(run.engine.close)
        if connection and connection.why:
            run.note_offline(MovedOfflineError(connection.why, record.wandb_run))
        alone = context.record_folder is None
        entry = register.Entry.begin(context.mlflow_run, paths.ROOT) if alone else None
        terminal.show_progress(context.screen, alone)
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
        error = sys.exc_info()[1]
        record.status = "failed" if error else "finished"
        record.error = failures.describe(error, record.step) if error else None
        end = time.monotonic()
        record.seconds, record.system = round(end - begin, 3), processes.usage()
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


def _record_alone(run: StepRun, entry: register.Entry) -> None:
    """Tell MLflow and the register of a step that was started alone."""
    try:
        project = RunContext.from_environ().project
        mlflow_database.prepare(paths.ROOT, project)
        with mlflow_database.failures():
            experiment = experiment_of(project)
            mlflow_log.alone_to_mlflow(run.record, run.folder, entry.process, experiment)
        mlflow_runs.mask_kept(str(run.record.mlflow_run))
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


def _connection(
    record: Record, context: RunContext, handed: Handed | None, stack: ExitStack
) -> RecorderConnection | None:
    """Open the W&B run of a step with the recorder of the whole run, else with one of its own."""
    if context.wandb_mode == "disabled":
        return None
    record.wandb_run = secrets.token_hex(4)
    if (connection := _recorder(record, context, stack)) is None:
        return None
    connection.open(context.project, context.wandb_mode)
    connection.begin(described.wandb_run(record, context, handed), context.record_folder)
    return connection


def _recorder(record: Record, context: RunContext, stack: ExitStack) -> RecorderConnection | None:
    """Connect to the recorder of the whole run; to one of its own if there is none any more."""
    needed = context.wandb == "online"
    if context.recorder:
        with suppress(OSError, EOFError):
            return RecorderConnection(context.recorder, needed)
    try:
        return RecorderConnection(stack.enter_context(RecorderProcess(context)).address, needed)
    except (OSError, EOFError) as error:
        if needed:
            raise InputError(f"the W&B recorder does not start ({error})") from None
    logging.getLogger(record.step).warning("the W&B recorder does not start; going on without it")
    record.wandb_run = None
    return None


def _store(connection: RecorderConnection | None, context: RunContext) -> Store:
    if connection and connection.catalog:
        return WandbStore(context.artifact_store, connection.catalog, connection.ask)
    return Store(context.artifact_store)


def _show_failures(step: str) -> None:
    terminal.steady()
    logs.set_up()
    log = logging.getLogger(step)
    sys.excepthook = lambda _, error, __: log.error("%s", failures.describe(error, step))
