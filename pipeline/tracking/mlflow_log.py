"""What a step did, written to MLflow from its record."""

import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.tracking.entities import metrics, parameters
from pipeline.tracking.record import Record, reference

if TYPE_CHECKING:
    pass

PROCESS = "pipeline.process"  # tag of a run: what executes it


@dataclass(frozen=True)
class Subject:
    """What metrics are of: a logged model's id, and name and digest of the rows it was judged on.

    In the order in which MLflow's Metric takes them.
    """

    model: str | None = None
    dataset: str | None = None
    digest: str | None = None


NOTHING = Subject()


def tags(record: Record) -> dict[str, str]:
    """Return the record's facts as MLflow tags: artifact versions, error, W&B run."""
    values: Mapping[str, str | None] = {
        "pipeline.step": record.step,
        "pipeline.inputs": ", ".join(reference(a) for a in record.inputs) or None,
        "pipeline.outputs": ", ".join(reference(a) for a in record.outputs) or None,
        "pipeline.error": record.error,
        "pipeline.refused": record.refused,
        "pipeline.stopped": record.stopped,
        "pipeline.reason": record.reason,
        "pipeline.tracking.wandb_run": record.wandb_run,
    }
    return {name: value for name, value in values.items() if value}


def to_mlflow(
    record: Record, folder: Path | None, run_id: str, subject: Subject = NOTHING,
    origin: Mapping[str, str] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Write metrics, tags, pictures, tables and the record itself to an MLflow run.

    Args:
        record: of a step.
        folder: of the record; None: an earlier execution has left it in another run.
        run_id: of the run.
        subject: what the metrics are of.
        origin: tags that say where what serves is from.
    """
    from mlflow import MlflowClient  # 2 seconds: only where a run is written
    from mlflow.entities import Metric, RunTag

    client = MlflowClient()
    now = int(folder.stat().st_mtime * 1000) if folder else time.time_ns() // 1_000_000
    names = metrics.names_of(record.metrics)
    client.log_batch(
        run_id,
        metrics=[
            Metric(names[name], value, now, 0, *astuple(subject))
            for name, value in record.metrics.items()
        ]
        + [Metric(name, value, now, 0) for name, value in record.system.items() if folder]
        + metrics.series(record, now),
        tags=[RunTag(name, value[:5000]) for name, value in {**tags(record), **origin}.items()],
    )
    if folder:
        client.log_artifacts(run_id, str(folder))
    if record.refused:
        client.set_terminated(run_id, "FAILED")  # its process ended well, what it judged did not


def cached_from(record: Record, run: str, reason: str, experiment: str) -> dict[str, str]:
    """Return tags that say that an earlier execution of a step serves.

    Args:
        record: of that execution.
        run: the pipeline run that it was in.
        reason: why it serves.
        experiment: the id of the experiment.
    """
    origin = {"pipeline.cached": "true", "pipeline.reason": reason, "pipeline.cached_from": run}
    if record.mlflow_run:
        origin["pipeline.cached_from_step"] = record.mlflow_run
        page = f"#/experiments/{experiment}/runs/{record.mlflow_run}"
        origin["mlflow.note.content"] = (
            f"[An earlier execution]({page}) serves: its files are there."
        )
    return origin


def alone_to_mlflow(record: Record, folder: Path, process: str, experiment: str | None) -> None:
    """Write the record of a step that was started alone, in a run of its own if it has none.

    Args:
        record: of the step.
        folder: of the record.
        process: what executed it, as `processes.identity` names it.
        experiment: the id of the one that a run of its own is in; None: MLflow decides.
    """
    import mlflow

    client, values = mlflow.MlflowClient(), parameters.flat(record.parameters)
    own_run = not record.mlflow_run  # started by python run.py; `mlflow run .` makes the run itself
    if own_run:
        origin = {PROCESS: process} if process else {}
        made = mlflow.start_run(experiment_id=experiment, run_name=record.step, tags=origin)
        record.mlflow_run = made.info.run_id
        record.write(folder)  # which run it is belongs to it
    else:  # which has written its parameters, but for what their YAML files hold
        values = {name: value for name, value in values.items() if name not in record.parameters}
    parameters.log(client, str(record.mlflow_run), values)
    to_mlflow(record, folder, str(record.mlflow_run))
    if own_run:
        mlflow.end_run("FINISHED" if record.outcome == "finished" else "FAILED")
