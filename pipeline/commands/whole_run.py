"""A whole run: opened in MLflow and W&B, and concluded; manifest, register, closing table."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path

from pipeline import paths, processes, sweep_job
from pipeline.cache.cache import Cache
from pipeline.commands import console, notify
from pipeline.commands.job import Job
from pipeline.commands.parent import ParentRun
from pipeline.context import tracking_uri
from pipeline.errors import InputError
from pipeline.files import shown
from pipeline.replay import checkout, manifest
from pipeline.report import make
from pipeline.screen import terminal
from pipeline.screen.failures import describe
from pipeline.store.objects import Objects
from pipeline.tracking import mlflow_database, mlflow_log, mlflow_runs, register
from pipeline.tracking.entities import descriptions, family, sweep_run
from pipeline.tracking.recorder_client import RecorderProcess
from pipeline.warm.process import WarmProcess


@contextmanager
def open_run(job: Job, cache: Cache, recorder: RecorderProcess) -> Iterator[ParentRun]:
    """Open the MLflow parent run (or resume the one that ``mlflow run .`` made) and W&B's recorder.

    At the end, also after a failure, a table says what each step did, a manifest holds all that a
    replay needs, and a report is made from it.
    """
    sweep_job.end_when_told(job.context.mlflow_run)
    main, folder = job.config.main, job.folder
    job.check_place()
    mlflow_database.check_answers(tracking_uri(paths.ROOT))
    job.write_config()
    is_local = cache.environment == "local"
    with recorder, WarmProcess(job.context, main.warm and is_local) as warm:
        no_wandb = job.context.wandb_mode == "disabled"
        address = "" if no_wandb else recorder.address
        seen = terminal.is_terminal(sys.stdout)  # asked before the steps' output goes elsewhere
        own = processes.identity()
        context = replace(job.context, recorder=address, process=own, screen=seen)
        # It imports mlflow, which takes seconds: the recorder starts meanwhile.
        backend = warm.start(as_fork=not Objects.used)
        identity = job.identity()
        mlflow_database.prepare(paths.ROOT, context.project)
        logging.getLogger("mlflow.projects").setLevel(logging.WARNING)
        entry = register.Entry.begin(context.mlflow_run, paths.ROOT, folder)
        tags = {mlflow_log.PROCESS: entry.process} | sweep_run.parent(context.project)
        with (
            notify.at_end(job),
            mlflow_database.failures(),
            make.at_end(folder, context, warm.run) if main.report else nullcontext(),
            family.opened(identity, context.project, context.mlflow_run, tags) as active,
        ):
            entry = entry.known_as(active.info.run_id, paths.ROOT)
            group = context.group or f"{main.experiment_name}-{active.info.run_id[:8]}"
            run = ParentRun(job, identity, cache, replace(context, group=group), active)
            run.backend = backend
            with concluding(job, run, entry):
                yield run
    print("\n".join(console.where_to_look(context, cache.store)))


@contextmanager
def concluding(job: Job, run: ParentRun, entry: register.Entry) -> Iterator[None]:
    """Write what is left of a run when it is over, however it ended."""
    code = checkout.code_of(paths.ROOT)  # as it is now; it may be edited while steps run
    try:
        yield
    except BaseException as failure:
        try:
            with mlflow_database.failures():
                mlflow_runs.end_children(run.run_id, run.experiment_id)
            _conclude(job, run, code, describe(failure, "main"))
        except InputError as error:  # the disk is full, say: what failed before is the failure
            print(f"not written: {error}", file=sys.stderr)
        raise
    else:
        _conclude(job, run, code)
    finally:
        records = [outcome.record for outcome in run.outcomes]
        entry.end(records, paths.ROOT)
        sweep_job.tell({"run": run.run_id, "record": asdict(records[-1]) if records else {}})
        console.closing_table([(o.record, bool(o.decision.hit)) for o in run.outcomes])


def _conclude(
    job: Job, run: ParentRun, code: checkout.CodeState, failure: str | None = None
) -> None:
    import mlflow  # takes seconds: only where a run is recorded

    request = manifest.Request(asdict(job.config), job.overrides, run.env_manager)
    manifest.write(job.folder, run.run_id, request, code, run.outcomes)
    ended = [(outcome.record, bool(outcome.decision.hit)) for outcome in run.outcomes]
    told = descriptions.Run(
        run.run_id, ended, failure, job.overrides, _place(job.folder),
        job.config.main.report and not all(cached for _, cached in ended),
    )  # fmt: skip
    with mlflow_database.failures():
        mlflow.set_tags(descriptions.tags(told, run.experiment_id, code["commit"], code["patch"]))
        mlflow.log_artifact(str(job.folder / manifest.FILE))
    mlflow_runs.mask_kept(run.run_id)


def _place(folder: Path) -> str:
    """Return a folder as it is found from the repository."""
    inside = folder.is_relative_to(paths.ROOT)
    return shown(folder.relative_to(paths.ROOT) if inside else folder)
