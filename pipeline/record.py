"""What a step did, as a file: the step writes it, MLflow and W&B are told from it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.markdown import markdown
from pipeline.versions import Version

FILE = "record.json"


@dataclass
class Record:
    """One execution of one step.

    ``inputs`` and ``outputs`` hold name, version, digest, type and, for tables, rows of each
    artifact, numbered as in the ``catalog``: that of a W&B project, else the artifact store's own.
    ``metrics`` are numbers by name; a name with a slash (``f1/Pop``) is a detail of one
    class. ``tables`` are small; they and the ``pictures`` (file name → SHA-256) are
    files of the record's folder. ``local_files`` says where
    the outputs' files lie while the step lives.
    """

    step: str
    parameters: dict[str, Any]
    started: str
    status: str = "running"  # running · finished · failed
    error: str | None = None
    reason: str | None = None  # why it ran, if the whole pipeline was asked to
    seconds: float = 0.0
    tracking: float = 0.0  # seconds of these that went into publishing and recording
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)  # HTML, by path from the record's folder
    local_files: dict[str, str] = field(default_factory=dict)
    mlflow_run: str | None = None
    wandb_run: str | None = None
    refused: str | None = None  # what the gate says against the model
    promoted: dict[str, str] | None = None  # reference, digest, alias, registered_model
    uses: int | None = None  # how many models the test set has judged
    catalog: str = ""
    offline: str | None = None  # why it went on offline

    def headline(self) -> dict[str, float]:
        """Return the metrics of the whole, without the details of one class."""
        return {name: value for name, value in self.metrics.items() if "/" not in name}

    def write(self, folder: Path) -> None:
        """Write the record into the folder."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False, default=str)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Record | None:
    """Return the record that a step left in the folder, or None if it died before."""
    path = folder / FILE
    return Record(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def write_table(name: str, rows: list[dict[str, Any]], folder: Path) -> None:
    """Write a table of a record as JSON and as Markdown into the folder."""
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(markdown(rows), encoding="utf-8")


def tags(record: Record) -> dict[str, str]:
    """Return the record's facts as MLflow tags: artifact versions, error, W&B run."""
    facts: Mapping[str, str | None] = {
        "pipeline.step": record.step,
        "pipeline.inputs": ", ".join(reference(a) for a in record.inputs) or None,
        "pipeline.outputs": ", ".join(reference(a) for a in record.outputs) or None,
        "pipeline.error": record.error,
        "pipeline.reason": record.reason,
        "pipeline.wandb_run": record.wandb_run,
    }
    return {name: value for name, value in facts.items() if value}


def artifact_facts(version: Version) -> dict[str, Any]:
    """Return what a record keeps of an artifact's version."""
    names = ("name", "version", "digest", "type", "description", "metadata")
    return {name: getattr(version, name) for name in names}


def reference(artifact: Mapping[str, Any]) -> str:
    """Return ``name:vN``."""
    return f"{artifact['name']}:v{artifact['version']}"


def to_mlflow(record: Record, folder: Path, run_id: str) -> None:
    """Write metrics, tags, pictures, tables and the record itself to an MLflow run."""
    from mlflow import MlflowClient  # 2 seconds: only where a run is written
    from mlflow.entities import Metric, RunTag

    client, now = MlflowClient(), int(folder.stat().st_mtime * 1000)
    names = metric_names(record.metrics)
    client.log_batch(
        run_id,
        metrics=[Metric(names[name], value, now, 0) for name, value in record.metrics.items()],
        tags=[RunTag(name, value[:5000]) for name, value in tags(record).items()],
    )
    client.log_artifacts(run_id, str(folder))


def cached_to_mlflow(record: Record, run: str, reason: str) -> None:
    """Record in MLflow, below the active run, that an earlier execution of a step serves."""
    import mlflow

    facts = {"pipeline.cached": "true", "pipeline.reason": reason, "pipeline.cached_from": run}
    if record.mlflow_run:
        facts["pipeline.cached_from_step"] = record.mlflow_run
    with mlflow.start_run(run_name=record.step, nested=True, tags=tags(record) | facts):
        mlflow.log_params(record.parameters)
        names = metric_names(record.metrics)
        mlflow.log_metrics({names[name]: value for name, value in record.metrics.items()})


def alone_to_mlflow(record: Record, folder: Path) -> None:
    """Write the record of a step that was started alone, in a run of its own if it has none."""
    import mlflow

    own_run = not record.mlflow_run  # started by python run.py; `mlflow run .` makes the run itself
    if own_run:
        record.mlflow_run = mlflow.start_run(run_name=record.step).info.run_id
        mlflow.log_params(record.parameters)
        record.write(folder)  # which run it is belongs to it
    to_mlflow(record, folder, str(record.mlflow_run))
    if own_run:
        mlflow.end_run("FINISHED" if record.status == "finished" else "FAILED")


def metric_names(names: Iterable[str]) -> dict[str, str]:
    """Return the name under which MLflow takes each metric; no two are the same.

    It takes letters, digits and _-./ : in at most 250 characters, and no path like ``a/..``. A
    class called "R&B" becomes "R_B", one called "R+B" beside it "R_B_2".
    """
    taken: dict[str, str] = {}
    for name in names:
        metric, slash, label = name.partition("/")
        if slash:
            label = "".join(c if c.isalnum() or c in "_-. :" else "_" for c in label[:200])
            metric += "/" + (label if label.strip(".") else "_" * max(len(label), 1))
        plain, number = metric, 1
        while plain in taken.values():
            number += 1
            plain = f"{metric}_{number}"
        taken[name] = plain
    return taken
