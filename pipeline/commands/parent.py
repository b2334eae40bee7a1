"""One execution of the pipeline: its steps one after the other, and what they left behind."""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.cache import claims
from pipeline.cache.cache import Cache
from pipeline.cache.decision import Decision
from pipeline.commands import console
from pipeline.commands.job import Job
from pipeline.config import steps
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.replay.manifest import Outcome
from pipeline.screen import served
from pipeline.tracking import mlflow_log, model_registry
from pipeline.tracking.entities.family import Family
from pipeline.tracking.entities.identity import Identity
from pipeline.tracking.record import Record, read_record

if TYPE_CHECKING:
    from mlflow import ActiveRun


class ParentRun:
    """One execution of the pipeline.

    Attributes:
        produced: artifact name → digest of what the steps made so far.
        env_manager: what the steps' environments are built with.
        backend: how MLflow starts them.
        experiment_id: the MLflow experiment that parent and children are in.
        child: id of the MLflow run of the step.
        identity: what tells this run apart from others.
    """

    def __init__(
        self, job: Job, identity: Identity, cache: Cache, context: RunContext, active: "ActiveRun"
    ) -> None:
        self.experiment_id: str = active.info.experiment_id
        self.run_id: str = active.info.run_id
        self.env_manager = cache.environment  # MLflow forgets what its own run was started with
        self.backend = "local"
        self.child = ""
        self.produced: dict[str, str] = {}
        self.outcomes: list[Outcome] = []
        self.identity = identity
        self._family = Family(active, identity)
        self._cache = cache
        self._origin = job.origin
        self._config = job.config
        self._folder = job.folder
        self._context = context

    @contextmanager
    def step(self, name: str, number: int, total: int) -> Iterator[dict[str, str] | None]:
        """Decide about a step; show it while it runs, then write its record to its MLflow run.

        Yields the parameters that it is to be run with, None if an earlier execution serves.

        Raises:
            InputError: the step failed: its reason and where its log is; or it refuses the table
                or the model, or made none, and no later step is to use it.
        """
        with self._decided(name, number, total) as decision:
            when = f", {served.ago(decision.when)}" if decision.when else ""
            with console.step(number, total, name, decision.reason + when):
                folder = None if decision.hit else self._folder / name
                config = self._origin.named(name, decision.values)
                self.child = self._family.begin(name, decision.values, config, folder)
                if folder is None:
                    yield None
                    self._serve(decision)
                else:
                    with self._context_for(folder).applied(), self._collecting(decision, folder):
                        yield steps.parameters(name, decision.values, self._folder)
        ended = (outcome.record for outcome in self.outcomes if outcome.record.step == name)
        if obstacle := next((record.obstacle(number == total) for record in ended), None):
            raise InputError(obstacle)

    @property
    def backend_config(self) -> dict[str, str]:
        """What the backend is told: which MLflow run is the step's."""
        from mlflow.projects.utils import MLFLOW_LOCAL_BACKEND_RUN_ID_CONFIG

        return {MLFLOW_LOCAL_BACKEND_RUN_ID_CONFIG: self.child}

    def _decided(self, name: str, number: int, total: int) -> AbstractContextManager[Decision]:
        decide = partial(self._cache.decide, name, self.produced)
        wait = partial(console.wait, number, total, name)
        location, forced = self._cache.store.location, self._cache.forced(name)
        champion = self._config.gate.champion
        judges = champion in self._config.steps[name].values()
        return claims.decided(decide, location, forced, wait, champion if judges else None)

    def _context_for(self, folder: Path) -> RunContext:
        """Return the context of a step that leaves its record in a folder."""
        fallen_back = self._context.wandb_mode == "online" and not self._cache.store.online
        mode = "offline" if fallen_back else self._context.wandb_mode
        return replace(self._context, record_folder=str(folder), wandb_mode=mode)

    def _serve(self, decision: Decision) -> None:
        """Use an earlier execution of a step, and tell MLflow so."""
        assert decision.hit
        self._cache.reuse(decision)
        hit = decision.hit
        origin = mlflow_log.cached_from(hit.record, hit.run, decision.reason, self.experiment_id)
        self._tell(hit.record, None, origin)
        self._family.end(self.child, "FAILED" if hit.record.refused else "FINISHED")
        self._finish(decision, hit.record)

    @contextmanager
    def _collecting(self, decision: Decision, folder: Path) -> Iterator[None]:
        """Collect a step's record when the step has ended, well or not."""
        from mlflow.exceptions import MlflowException

        begin = time.monotonic()
        try:
            yield
        except MlflowException as error:
            self._family.end(self.child, "FAILED")  # its process may never have begun
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
        self._tell(record, folder)
        model_registry.register(record, self._cache.store, self.identity.tags)
        self._finish(decision, record)
        return record

    def _tell(
        self, record: Record, folder: Path | None, origin: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        subject = self._family.link(record, self.child, self._cache.store)
        mlflow_log.to_mlflow(record, folder, self.child, subject, origin)

    def _finish(self, decision: Decision, record: Record) -> None:
        import mlflow

        self.outcomes.append(Outcome(decision, record))
        self.produced |= {a["name"]: a["digest"] for a in record.outputs}
        mlflow.log_metrics({f"{record.step}/{k}": v for k, v in record.headline().items()})
