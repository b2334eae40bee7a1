"""Where runs have written: whoever looks for what was made here asks this register.

A run may have a folder, a W&B folder and a tracking server of its own. So each leaves an entry of
its own in `.runs/`, a folder at the root that git ignores:

    .runs/<id>.running    while it runs
    .runs/<id>.json       when it has ended, with what its steps have read and made

Folders in the repository are kept relative to it, so that they are found in a copy as well. What
was made by an earlier release has no entry: it lies where results go by default.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pipeline import processes
from pipeline.context import own_tracking, tracking_uri, wandb_folder
from pipeline.files import shown, write_json
from pipeline.shapes import misfit
from pipeline.tracking.record import Record, of

FOLDER = ".runs"
RUNNING, ENDED = ".running", ".json"
# What the register keeps of a record, and of the artifacts in it.
KEPT = ("step", "started", "status", "catalog", "wandb_run", "mlflow_run")
OF_ARTIFACTS = ("name", "version", "digest")
Facts = dict[str, Any]  # what an entry keeps of a record


@dataclass(frozen=True)
class Entry:
    """A run of main.py, or of a step that was started alone.

    Attributes:
        id: of the entry.
        folder: of the run's results; None for a step alone, which keeps nothing but its records.
        tracking_uri: of MLflow; empty: the repository's own database.
        mlflow_run: the run there, once it is known.
        wandb: the folder that W&B's offline runs are in.
        process: what executes it, as `processes.identity` names it.
        started: local time as Hydra names folders, so that both can be sorted.
        records: what its steps have read and made; whole when it has ended.
    """

    id: str
    folder: str | None
    tracking_uri: str
    mlflow_run: str | None
    wandb: str
    process: str
    started: str
    records: list[Facts] = field(default_factory=list)

    @classmethod
    def begin(
        cls, mlflow_run: str | None, root: Path, folder: Path | None = None, process: str = ""
    ) -> Self:
        """Enter a run that begins, in the register of the repository at the root.

        Args:
            mlflow_run: its id, if it is known yet.
            root: of the repository.
            folder: of its results, if it has one.
            process: what executes it; empty: this one.
        """
        now = datetime.now()
        entry = cls(
            id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
            folder=_inside(folder, root) if folder else None,
            tracking_uri="" if own_tracking(root) else tracking_uri(root),
            mlflow_run=mlflow_run,
            wandb=_inside(wandb_folder(root), root),
            process=process or processes.identity(),
            started=f"{now:%Y-%m-%d/%H-%M-%S}",
        )
        entry._write(root, RUNNING)
        return entry

    def known_as(self, mlflow_run: str | None, root: Path) -> Self:
        """Note the MLflow run, which is made when the run has begun."""
        entry = replace(self, mlflow_run=mlflow_run)
        entry._write(root, RUNNING)
        return entry

    def end(self, records: Iterable[Record], root: Path) -> None:
        """Note that the run is over, and what its steps have read and made."""
        kept = [_short(asdict(record)) for record in records]
        replace(self, records=kept)._write(root, ENDED)
        (root / FOLDER / f"{self.id}{RUNNING}").unlink(missing_ok=True)

    def close(self, root: Path) -> None:
        """Note that the run is over, though its process was killed: its folder says what it did."""
        self.end([], root)

    def executions(self) -> list[Record]:
        """Return what the steps did."""
        return [of(record) for record in self.records]

    @property
    def place(self) -> str:
        """The entry's own file, from the root."""
        return f"{FOLDER}/{self.id}{ENDED}"

    def _write(self, root: Path, suffix: str) -> None:
        (root / FOLDER).mkdir(exist_ok=True)
        write_json(root / FOLDER / f"{self.id}{suffix}", asdict(self))


def _short(record: Facts) -> Facts:
    short = {key: record[key] for key in KEPT} | {"parameters": {}}
    for role in ("inputs", "outputs"):
        short[role] = [{key: a[key] for key in OF_ARTIFACTS} for a in record[role]]
    return short


def _inside(folder: Path, root: Path) -> str:
    """Return a folder as it is kept: relative if it is in the repository."""
    folder = folder.resolve()
    return str(folder.relative_to(root) if folder.is_relative_to(root) else folder)


def running(root: Path) -> list[Entry]:
    """Return the runs that have begun and not ended: they run, or were killed."""
    names = {path.stem for path in (root / FOLDER).glob(f"*{RUNNING}")}
    return [entry for entry in entries(root, []) if entry.id in names] if names else []


def entries(root: Path, notes: list[str]) -> list[Entry]:
    """Return the entries of all runs, the oldest first.

    Args:
        root: of the repository.
        notes: a line is added for each entry that cannot be read.
    """
    found: dict[str, Entry] = {}
    for path in sorted((root / FOLDER).glob("[0-9]*"), reverse=True):  # .running before .json
        if path.suffix not in (RUNNING, ENDED):
            continue
        try:
            found[path.stem] = _read(path)
        except FileNotFoundError:  # it has ended meanwhile
            continue
        except (OSError, TypeError, ValueError) as error:
            notes.append(f"left out: {shown(path)} is damaged ({error}); delete it")
    return [found[name] for name in sorted(found)]


def _read(path: Path) -> Entry:
    content = json.loads(path.read_bytes())
    if fault := misfit(content, Entry, Entry.__annotations__):
        raise ValueError(fault)
    entry = Entry(**content)
    entry.executions()  # or it is damaged as well
    return entry
