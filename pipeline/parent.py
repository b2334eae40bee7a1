"""The run as a whole: its environment, its MLflow parent run, what its steps left behind."""

import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipeline import console, paths, record, wandb_recorder
from pipeline.errors import InputError
from pipeline.schema import Config

if TYPE_CHECKING:
    from mlflow import ActiveRun

ENVIRONMENT_TAG = "mlflow.project.env"  # MLflow sets it on a run whose environment it built


class ParentRun:
    """One execution of the pipeline.

    Attributes:
        produced: artifact name → reference (``name:vN``) of what the steps made so far.
        env_manager: what the steps' environments are built with.
        experiment_id: the MLflow experiment that parent and children are in.
    """

    def __init__(self, config: Config, folder: Path, active: "ActiveRun") -> None:
        self.experiment_id: str = active.info.experiment_id
        started_with = active.data.tags.get(ENVIRONMENT_TAG, "local")
        wanted = config.main.env_manager
        self.env_manager: str = started_with if wanted == "auto" else wanted
        self.produced: dict[str, str] = {}
        self.records: list[record.Record] = []
        self._folder = folder

    @contextmanager
    def step(self, name: str, number: int, total: int) -> Iterator[None]:
        """Show a step while it runs, then write its record to its MLflow run.

        Raises:
            InputError: the step failed; its reason and where its log is.
        """
        from mlflow.exceptions import MlflowException

        folder = self._folder / name
        folder.mkdir()
        os.environ[paths.RECORD_FOLDER] = str(folder)
        begin = time.monotonic()
        try:
            with console.step(number, total, name):
                yield
        except MlflowException as error:
            facts = self._collect(folder, begin)
            reason = facts.error if facts and facts.error else error
            raise InputError(f"step {name} failed: {reason}; its log: {paths.LOG_FILE}") from None
        except KeyboardInterrupt:
            self._collect(folder, begin)
            line = f"stopped during step {name}; main.steps={name}: goes on from there"
            raise InputError(line) from None
        self._collect(folder, begin)

    def _collect(self, folder: Path, begin: float) -> record.Record | None:
        """Take what a step left, if it could leave anything, and write it to its MLflow run."""
        import mlflow

        facts = record.read(folder)
        if not facts or not facts.mlflow_run:
            return None
        facts.seconds = time.monotonic() - begin  # with the start of its process
        self.records.append(facts)
        self.produced |= {a["name"]: record.reference(a) for a in facts.outputs}
        record.to_mlflow(facts, folder, facts.mlflow_run)
        mlflow.log_metrics({f"{facts.step}/{k}": v for k, v in facts.headline().items()})
        return facts


@contextmanager
def opened(config: Config, folder: Path) -> Iterator[ParentRun]:
    """Open the MLflow parent run (or resume the one that ``mlflow run .`` made) and W&B's recorder.

    At the end, whatever it is, a table says what each step did.
    """
    os.environ.update(paths.tracking_environment())
    os.environ[paths.STORE] = config.main.artifact_store
    os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `mlflow run` stops us with it
    disabled = os.environ["WANDB_MODE"] == "disabled"
    with nullcontext("") if disabled else wandb_recorder.started() as address:
        os.environ[paths.RECORDER] = address
        import mlflow  # dear (seconds): the recorder starts beside it

        logging.getLogger("mlflow.projects").setLevel(logging.WARNING)  # the steps speak themselves
        with (
            mlflow.start_run(run_name=config.main.experiment_name) as active,
            _wandb_names(config, active.info.run_id),
        ):
            _log_config(config, folder)
            run = ParentRun(config, folder, active)
            try:
                yield run
            finally:
                console.closing_table(run.records)
        console.where_to_look()


@contextmanager
def _wandb_names(config: Config, run_id: str) -> Iterator[None]:
    """Name W&B's project and group for the steps, unless the user has; the group is this run."""
    names = {
        "WANDB_PROJECT": config.main.project_name,
        "WANDB_RUN_GROUP": f"{config.main.experiment_name}-{run_id[:8]}",
    }
    ours = {name: value for name, value in names.items() if not os.environ.get(name)}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:  # in a sweep the next job has names of its own
            del os.environ[name]


def _log_config(config: Config, folder: Path) -> None:
    import mlflow

    (folder / "config.yaml").write_text(yaml.safe_dump(asdict(config), sort_keys=False))
    mlflow.log_artifact(str(folder / "config.yaml"))
