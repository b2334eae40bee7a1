"""What a step did, as a file: the step writes it, MLflow and W&B are told from it."""

import json
import re
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypedDict

from pipeline.errors import InputError
from pipeline.files import shown, write_json, write_text
from pipeline.markdown import markdown
from pipeline.shapes import misfit
from pipeline.store.versions import Version

FILE = "record.json"
DETAIL = re.compile(r"/|_fold_\d+$")  # in the name of a metric of one class, or of one fold
REQUIRED = {"step", "parameters", "started", "name", "version"}


class ArtifactFacts(TypedDict):
    """What a record keeps of a version of an artifact; for tables the metadata has `rows`."""

    name: str
    version: int
    digest: str
    type: str
    description: str
    metadata: dict[str, Any]


class Promotion(TypedDict):
    """A model that gets an alias: which one, and its name in MLflow's registry (empty: none)."""

    name: str
    digest: str
    alias: str
    registered_model: str


Row = dict[str, Any]  # of a small table: plain values by column, the same columns in each row


@dataclass
class Record:
    """One execution of one step.

    ``inputs`` and ``outputs`` are numbered as in the ``catalog``: that of a W&B project, else the
    artifact store's own.
    ``metrics`` are numbers by name; a name with a slash (``f1/Pop``) is a detail of one
    class, ``cv_f1_fold_1`` one of a fold. ``tables`` are small; they and the ``pictures`` (file
    name → SHA-256) are files of the record's folder. ``local_files`` says where
    the outputs' files lie while the step lives. ``series`` are what charts show: what is counted
    (trees, say) → points, each with the count under that name and the metrics there.
    """

    step: str
    parameters: dict[str, object]
    started: str
    status: str = "running"  # running · finished · failed
    error: str | None = None
    reason: str | None = None  # why it ran, if the whole pipeline was asked to
    seconds: float = 0.0
    tracking: float = 0.0  # seconds of these that went into publishing and recording
    inputs: list[ArtifactFacts] = field(default_factory=list)
    outputs: list[ArtifactFacts] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)  # HTML, by path from the record's folder
    local_files: dict[str, str] = field(default_factory=dict)
    mlflow_run: str | None = None
    wandb_run: str | None = None
    refused: str | None = None  # what check_data says against the table, the gate of the model
    stopped: str | None = None  # why it ended well, and without its outputs
    notes: list[str] = field(default_factory=list)  # what a reader of its results should know
    aliases: dict[str, list[str]] = field(default_factory=dict)  # outputs' own, beside `latest`
    promoted: Promotion | None = None
    uses: int | None = None  # how many models the test set has judged
    catalog: str = ""
    offline: str | None = None  # why it went on offline
    series: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    system: dict[str, float] = field(default_factory=dict)  # processes.usage(), at its end

    @property
    def outcome(self) -> str:
        """How it ended: finished, failed or refused."""
        return "refused" if self.status == "finished" and self.refused else self.status

    def obstacle(self, last: bool) -> str | None:
        """Say why a run cannot go on after this step, if it cannot; `last`: no other follows."""
        if self.stopped and not last:
            return (
                f"{self.stopped}; there is no model for the steps after it, which "
                f"main.steps=:{self.step} leaves out"
            )
        return self.refused

    def headline(self) -> dict[str, float]:
        """Return the metrics of the whole, without the details of one class or one fold."""
        return headline(self.metrics)

    def write(self, folder: Path) -> None:
        """Write the record into the folder."""
        write_json(folder / FILE, asdict(self))


def read_record(folder: Path) -> Record | None:
    """Return the record that a step left in the folder, or None if it died before.

    Raises:
        InputError: it is damaged.
    """
    path = folder / FILE
    try:
        return from_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(path)} is damaged ({error}); delete it") from error


def from_json(text: bytes) -> Record:
    """Read a record; ValueError when it is damaged, or of a release that had other keys."""
    return of(json.loads(text))


def of(content: Mapping[str, Any]) -> Record:
    """Return a record of what was read; ValueError as from_json."""
    names = {item.name for item in fields(Record)}
    if fault := misfit(content, Record, REQUIRED):
        raise ValueError(fault)
    if foreign := content.keys() - names:
        raise ValueError(f"{min(foreign)} is no key of a record")
    return Record(**content)


def headline(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics of the whole, without the details of one class or one fold."""
    return {name: value for name, value in metrics.items() if not DETAIL.search(name)}


def judges(metrics: Mapping[str, float], tables: Container[str]) -> bool:
    """Say whether a step that recorded these judged a model, of classes or of numbers."""
    return "per_class" in tables or "rmse" in metrics


def write_table(name: str, rows: list[Row], folder: Path) -> None:
    """Write a table of a record as JSON and as Markdown into the folder."""
    write_json(folder / f"{name}.json", rows)
    write_text(folder / f"{name}.md", markdown(rows))


def artifact_facts(version: Version) -> ArtifactFacts:
    """Return what a record keeps of an artifact's version."""
    return {
        "name": version.name,
        "version": version.version,
        "digest": version.digest,
        "type": version.type,
        "description": version.description,
        "metadata": version.metadata,
    }


def reference(artifact: Mapping[str, object]) -> str:
    """Return ``name:vN``."""
    return f"{artifact['name']}:v{artifact['version']}"
