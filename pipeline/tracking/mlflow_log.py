"""What a step did, written to MLflow from its record."""

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import context, paths
from pipeline.text.masking import masked_text
from pipeline.tracking.record import Record, reference

if TYPE_CHECKING:
    from mlflow.entities import Metric

PROCESS = "pipeline.process"  # tag of a run: what executes it


def tags(record: Record) -> dict[str, str]:
    """Return the record's facts as MLflow tags: artifact versions, error, W&B run."""
    values: Mapping[str, str | None] = {
        "pipeline.step": record.step,
        "pipeline.inputs": ", ".join(reference(a) for a in record.inputs) or None,
        "pipeline.outputs": ", ".join(reference(a) for a in record.outputs) or None,
        "pipeline.error": record.error,
        "pipeline.refused": record.refused,
        "pipeline.reason": record.reason,
        "pipeline.tracking.wandb_run": record.wandb_run,
    }
    return {name: value for name, value in values.items() if value}


def to_mlflow(record: Record, folder: Path, run_id: str) -> None:
    """Write metrics, tags, pictures, tables and the record itself to an MLflow run."""
    from mlflow import MlflowClient  # 2 seconds: only where a run is written
    from mlflow.entities import Metric, RunTag

    client, now = MlflowClient(), int(folder.stat().st_mtime * 1000)
    names = metric_names(record.metrics)
    client.log_batch(
        run_id,
        metrics=[Metric(names[name], value, now, 0) for name, value in record.metrics.items()]
        + _series(record, now),
        tags=[RunTag(name, value[:5000]) for name, value in tags(record).items()],
    )
    client.log_artifacts(run_id, str(folder))
    if record.refused:
        client.set_terminated(run_id, "FAILED")  # its process ended well, what it judged did not


def _series(record: Record, now: int) -> "list[Metric]":
    """Return the points of a record's series, which MLflow shows as charts."""
    from mlflow.entities import Metric

    found = [(axis, point) for axis, points in record.series.items() for point in points]
    names = metric_names(dict.fromkeys(name for axis, point in found for name in point))
    return [
        Metric(names[name], value, now, int(point[axis]))
        for axis, point in found
        for name, value in point.items()
        if name != axis
    ]


def cached_to_mlflow(record: Record, run: str, reason: str) -> None:
    """Record in MLflow, below the active run, that an earlier execution of a step serves."""
    import mlflow

    origin = {"pipeline.cached": "true", "pipeline.reason": reason, "pipeline.cached_from": run}
    if record.mlflow_run:
        origin["pipeline.cached_from_step"] = record.mlflow_run
    cached_tags = tags(record) | origin
    with mlflow.start_run(run_name=record.step, nested=True, tags=cached_tags) as cached:
        mlflow.log_params(record.parameters)
        names = metric_names(record.metrics)
        mlflow.log_metrics({names[name]: value for name, value in record.metrics.items()})
        if series := _series(record, time.time_ns() // 1_000_000):
            mlflow.MlflowClient().log_batch(cached.info.run_id, metrics=series)


def alone_to_mlflow(record: Record, folder: Path, process: str = "") -> None:
    """Write the record of a step that was started alone, in a run of its own if it has none.

    Args:
        record: of the step.
        folder: of the record.
        process: what executed it, as `processes.identity` names it.
    """
    import mlflow

    own_run = not record.mlflow_run  # started by python run.py; `mlflow run .` makes the run itself
    if own_run:
        origin = {PROCESS: process} if process else {}
        record.mlflow_run = mlflow.start_run(run_name=record.step, tags=origin).info.run_id
        mlflow.log_params(record.parameters)
        record.write(folder)  # which run it is belongs to it
    to_mlflow(record, folder, str(record.mlflow_run))
    if own_run:
        mlflow.end_run("FINISHED" if record.outcome == "finished" else "FAILED")


def metric_names(names: Iterable[str]) -> dict[str, str]:
    """Return the name under which MLflow takes each metric; no two are the same.

    It takes letters, digits and _-./ : in at most 250 characters, and no path like ``a/..``. A
    class called "R&B" becomes "R_B", one called "R+B" beside it "R_B_2".
    """
    mlflow_names: dict[str, str] = {}
    for name in names:
        metric, slash, label = name.partition("/")
        if slash:
            label = "".join(c if c.isalnum() or c in "_-. :" else "_" for c in label[:200])
            metric += "/" + (label if label.strip(".") else "_" * max(len(label), 1))
        plain, number = metric, 1
        while plain in mlflow_names.values():
            number += 1
            plain = f"{metric}_{number}"
        mlflow_names[name] = plain
    return mlflow_names


def mask_own_run(words: Sequence[str]) -> None:
    """Mask at once what `mlflow run` has written to the run of this process, if it holds secrets.

    Args:
        words: of the command that MLflow has started.
    """
    run = context.variables().get("MLFLOW_RUN_ID")
    if run and any(masked_text(word) != word for word in words):
        mask_kept(run)


def mask_kept(run_id: str) -> None:
    """Mask the secrets that MLflow itself has written to a run: what `mlflow run -P` was given.

    Where they cannot be changed any more it is said what to do.
    """
    from mlflow import MlflowClient

    uri = context.tracking_uri(paths.ROOT)
    data = MlflowClient(uri).get_run(run_id).data
    found = {
        (table, key): masked_text(value)
        for table, values in (("params", data.params), ("tags", data.tags))
        for key, value in values.items()
        if masked_text(value) != value
    }
    if not found:
        return
    if not uri.startswith("sqlite:///"):
        print(
            f"MLflow holds a secret in run {run_id} ({', '.join(key for _, key in found)}): delete "
            f"that run (mlflow runs delete --run-id {run_id}; mlflow gc), and give secrets to "
            "python main.py or as ${oc.env:NAME}"
        )
        return
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"), timeout=30)) as database, database:
        database.execute("PRAGMA secure_delete = ON")  # what is replaced is overwritten
        for (table, key), value in found.items():
            database.execute(
                f"UPDATE {table} SET value = ? WHERE run_uuid = ? AND key = ?", (value, run_id, key)
            )
