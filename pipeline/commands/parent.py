"""The run as a whole: its environment, its MLflow parent run, what its steps left behind."""

import logging
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths, processes
from pipeline.cache.cache import Cache
from pipeline.cache.decision import Decision
from pipeline.commands import conclusion, console, notify
from pipeline.commands.job import Job
from pipeline.config import steps
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.replay.manifest import FILE, Outcome
from pipeline.report import make
from pipeline.screen import served, terminal
from pipeline.tracking import mlflow_database, mlflow_log, model_registry, register
from pipeline.tracking.record import Record, read_record
from pipeline.tracking.recorder_client import RecorderProcess

if TYPE_CHECKING:
    from mlflow import ActiveRun

BUILDERS = {"uv": "uv", "virtualenv": "pyenv"}  # what MLflow calls for an environment
ENVIRONMENT_TAG = "mlflow.project.env"  # MLflow sets it on a run whose environment it built


class ParentRun:
    """One execution of the pipeline.

    Attributes:
        produced: artifact name → digest of what the steps made so far.
        env_manager: what the steps' environments are built with.
        experiment_id: the MLflow experiment that parent and children are in.
    """

    def __init__(
        self, cache: Cache, folder: Path, context: RunContext, active: "ActiveRun"
    ) -> None:
        self.experiment_id: str = active.info.experiment_id
        self.run_id: str = active.info.run_id
        self.env_manager = cache.environment  # MLflow forgets what its own run was started with
        self.produced: dict[str, str] = {}
        self.outcomes: list[Outcome] = []
        self._cache = cache
        self._folder = folder
        self._context = context

    @contextmanager
    def step(self, name: str, number: int, total: int) -> Iterator[dict[str, str] | None]:
        """Decide about a step; show it while it runs, then write its record to its MLflow run.

        Yields the parameters that it is to be run with, None if an earlier execution serves.

        Raises:
            InputError: the step failed: its reason and where its log is; or it refuses the table
                or the model, and no later step is to use it.
        """
        decision = self._cache.decide(name, self.produced)
        when = f", {served.ago(decision.when)}" if decision.when else ""
        with console.step(number, total, name, decision.reason + when):
            if decision.hit:
                yield None
                self._cache.reuse(decision)
                record = decision.hit.record
                mlflow_log.cached_to_mlflow(record, decision.hit.run, decision.reason)
                self._finish(decision, record)
            else:
                folder = self._folder / name
                folder.mkdir()
                with self._context_for(folder).applied(), self._collecting(decision, folder):
                    yield steps.parameters(name, decision.values, self._folder)
        records = (outcome.record for outcome in self.outcomes)
        if refused := next((record.refused for record in records if record.step == name), None):
            raise InputError(refused)

    def _context_for(self, folder: Path) -> RunContext:
        """Return the context of a step that leaves its record in a folder."""
        fallen_back = self._context.wandb_mode == "online" and not self._cache.store.online
        mode = "offline" if fallen_back else self._context.wandb_mode
        return replace(self._context, record_folder=str(folder), wandb_mode=mode)

    @contextmanager
    def _collecting(self, decision: Decision, folder: Path) -> Iterator[None]:
        """Collect a step's record when the step has ended, well or not."""
        from mlflow.exceptions import MlflowException

        begin = time.monotonic()
        try:
            yield
        except MlflowException as error:
            record = self._collect(decision, folder, begin)
            reason = record.error if record and record.error else error
            line = f"step {decision.step} failed: {reason}; its log: {paths.LOG_FILE}"
            raise InputError(line) from None
        except KeyboardInterrupt:
            self._collect(decision, folder, begin)
            line = f"stopped during step {decision.step}; the same command goes on from there"
            raise InputError(line) from None
        record = self._collect(decision, folder, begin)
        if record and record.status == "finished":
            self._cache.keep(decision, record, self.run_id)

    def _collect(self, decision: Decision, folder: Path, begin: float) -> Record | None:
        """Read the record that a step left, if any, and write it to the step's MLflow run."""
        record = read_record(folder)
        if not record or not record.mlflow_run:
            return None
        if record.offline:  # the step has said so
            self._cache.go_offline()
        record.seconds = time.monotonic() - begin  # with the start of its process
        record.reason = decision.reason
        record.write(folder)
        mlflow_log.to_mlflow(record, folder, record.mlflow_run)
        mlflow_log.mask_kept(record.mlflow_run)
        model_registry.register(record, self._cache.store)
        self._finish(decision, record)
        return record

    def _finish(self, decision: Decision, record: Record) -> None:
        import mlflow

        self.outcomes.append(Outcome(decision, record))
        self.produced |= {a["name"]: a["digest"] for a in record.outputs}
        mlflow.log_metrics({f"{record.step}/{k}": v for k, v in record.headline().items()})


def _check_place(asked: str, folder: Path) -> None:
    """Refuse what is not installed, and a folder that holds a run: the results would be mixed."""
    builder = BUILDERS.get(asked)
    if builder and shutil.which(builder) is None:
        raise InputError(
            f"main.env_manager={asked}: there is no {builder} on the PATH; install it, or take "
            "main.env_manager=local, this Python's own environment"
        )
    if (folder / FILE).exists():
        raise InputError(
            f"hydra.run.dir={folder}: there are the results of a run; give a folder of its own, or "
            "leave hydra.run.dir out"
        )


def environment(job: Job) -> str:
    """Return what builds the steps' environments; by default as the whole run was started."""
    if job.config.main.env_manager != "auto":
        return job.config.main.env_manager
    if not job.context.mlflow_run:
        return "local"
    from mlflow import MlflowClient

    tags = MlflowClient().get_run(job.context.mlflow_run).data.tags
    return str(tags.get(ENVIRONMENT_TAG, "local"))


@contextmanager
def open_run(job: Job, cache: Cache, recorder: RecorderProcess) -> Iterator[ParentRun]:
    """Open the MLflow parent run (or resume the one that ``mlflow run .`` made) and W&B's recorder.

    At the end, also after a failure, a table says what each step did, a manifest holds all that a
    replay needs, and a report is made from it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `mlflow run` stops us with it
    if job.context.mlflow_run:
        processes.end_with_starter("MLFLOW_RUN_ID")  # and if it is killed
    main, folder = job.config.main, job.folder
    _check_place(main.env_manager, folder)
    mlflow_database.check_answers(job.context.mlflow_uri)
    job.write_config()
    with recorder:
        no_wandb = job.context.wandb_mode == "disabled"
        address = "" if no_wandb else recorder.address
        seen = terminal.is_terminal(sys.stdout)  # asked before the steps' output goes elsewhere
        own = processes.identity()
        context = replace(job.context, recorder=address, process=own, screen=seen)
        import mlflow  # takes seconds: the recorder starts meanwhile

        logging.getLogger("mlflow.projects").setLevel(logging.WARNING)  # the steps speak themselves
        mlflow_database.prepare(paths.ROOT)
        entry = register.Entry.begin(context.mlflow_run, paths.ROOT, folder)
        tags = {mlflow_log.PROCESS: entry.process}
        with (
            notify.at_end(job),
            mlflow_database.failures(),
            make.at_end(folder, context) if main.report else nullcontext(),
            mlflow.start_run(run_name=main.experiment_name, tags=tags) as active,
        ):
            entry = entry.known_as(active.info.run_id, paths.ROOT)
            group = context.group or f"{main.experiment_name}-{active.info.run_id[:8]}"
            run = ParentRun(cache, folder, replace(context, group=group), active)
            with conclusion.concluding(job, run, entry):
                yield run
    print("\n".join(console.where_to_look(context, cache.store)))
