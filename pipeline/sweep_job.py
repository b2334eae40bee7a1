"""What a run that is a job of a sweep is told, by variables, and tells, in a file of its folder."""

import json
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypedDict

from pipeline import context, processes
from pipeline.files import write_json
from pipeline.text import masking

SWEEP = "PIPELINE_SWEEP"  # a SweepJob as JSON
ONLY = "PIPELINE_SWEEP_STEPS"  # the steps that the job is limited to, as `main.steps`
# How many threads OpenMP and joblib take; the number changes no results.
THREADS = ("OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
GROUP = "WANDB_RUN_GROUP"
FILE = "job.json"


@dataclass(frozen=True)
class SweepJob:
    """What a run is told if it is a job of a sweep.

    Attributes:
        folder: of the job's results.
        sweep: folder of the sweep's.
        name: of the sweep's MLflow run.
        group: of the W&B runs of all jobs, unless the person has said another.
        process: of the sweep, by processes.identity: its jobs end with it.
        warm: the socket of the process whose forks are jobs and steps; empty: there is none.
        recorder: address of the recorder of W&B runs; empty: there is none.
        mlflow_run: the run that `mlflow run .` made for the sweep, if it did.
    """

    folder: str
    sweep: str
    name: str
    group: str
    process: str
    mlflow_run: str | None
    warm: str = ""
    recorder: str = ""

    @classmethod
    def from_environ(cls) -> Self | None:
        """Return what this process was told; None if it is no job of a sweep."""
        told = context.variables().get(SWEEP)
        return cls(**json.loads(told)) if told else None

    def to_environ(self, only: str, threads: int) -> dict[str, str]:
        """Return all variables of the job's process.

        Args:
            only: the steps that it is limited to, as `main.steps`; empty: it is not.
            threads: how many each library may use.
        """
        here = context.variables()
        given = {name: value for name, value in here.items() if name not in ("MLFLOW_RUN_ID", ONLY)}
        secrets = masking.handed_on()
        return (
            {GROUP: self.group, **dict.fromkeys(THREADS, str(threads)), **given}
            | {SWEEP: json.dumps(asdict(self))}
            | ({context.SECRETS: secrets} if secrets else {})
            | ({ONLY: only} if only else {})
        )


def only_steps() -> str | None:
    """Return the steps that this run is limited to, as `main.steps`; None: it is not."""
    return context.variables().get(ONLY)


def end_when_told(mlflow_run: str | None) -> None:
    """End in good order when `mlflow run` stops us, and with it or the sweep if it is killed.

    Args:
        mlflow_run: the run that `mlflow run .` made for this process, if it did.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if mlflow_run:
        processes.end_with_starter("MLFLOW_RUN_ID")
    if sweep := SweepJob.from_environ():
        processes.end_with(sweep.process)


class Result(TypedDict):
    """What came of a run.

    Attributes:
        run: the MLflow run; empty: earlier executions served it whole, and there is none.
        record: of its last step, as a dictionary; empty: it has none.
    """

    run: str
    record: Mapping[str, Any]


def tell(result: Result) -> None:
    """Tell the sweep what came of this run, if it is a job of one."""
    if job := SweepJob.from_environ():
        folder = Path(job.folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / FILE, result)


def told(folder: Path) -> Result | None:
    """Return what came of the job with this folder; None if it has not told."""
    try:
        result: Result = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return None
    return result
