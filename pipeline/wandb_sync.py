"""main.action=sync: send W&B's offline runs, and do not believe it before the server says so.

`wandb sync` ends well whatever happens. So every artifact of every run is looked up afterwards;
what is not there is sent again from the artifact store, whatever became of W&B's own copies. Then
the runs are told which artifacts they used, which they cannot record while they are offline.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline import record
from pipeline.artifacts import Store
from pipeline.errors import InputError
from pipeline.versions import Version
from pipeline.wandb_recorder import artifact_of

WAIT = 60  # seconds for the server to take an artifact
ANSWER = 20  # seconds for it to answer a question
REFUSED = "W&B refused: {}; check the key (wandb login) and the network, then sync again"


@dataclass(frozen=True)
class OfflineRun:
    """A W&B run that was made offline: its folder, its id, and what its step recorded."""

    folder: Path
    id: str
    step: record.Record

    @property
    def mark(self) -> Path:
        """The file with which `wandb sync` says that it has sent the run."""
        return self.folder / f"run-{self.id}.wandb.synced"


def sync(store: Store, root: Path, project: str) -> list[str]:
    """Send all offline runs that are not sent yet, in the order in which they were made.

    It can be stopped and said again: what is there is not sent twice.

    Args:
        store: the artifact store.
        root: of the repository.
        project: W&B project.

    Returns:
        Lines that say what was sent.

    Raises:
        InputError: W&B cannot be reached or refuses; an artifact is gone from the store.
    """
    import wandb

    there = list(_offline_runs(root))
    runs = [run for run in there if not run.mark.with_suffix(".checked").exists()]
    lines = _left(root, {run.folder for run in there})
    if not runs:
        return [*lines, "nothing to send: all offline runs are synced"]
    try:
        api = wandb.Api(timeout=ANSWER)
        path = f"{api.default_entity}/{project}"
        for run in runs:
            lines.append(_send(wandb, api, path, run, store))
            run.mark.touch()
            run.mark.with_suffix(".checked").touch()
    except (wandb.Error, OSError, ValueError) as error:
        raise InputError(REFUSED.format(" ".join(str(error).split())[:300])) from error
    return [*lines, f"{len(runs)} runs are in {path}, every artifact of them checked"]


def _offline_runs(root: Path) -> Iterator[OfflineRun]:
    """Yield the runs whose steps left a record, in the order in which they were made."""
    places = [*root.glob(f"mlruns/*/*/artifacts/{record.FILE}"),
              *root.glob(f"outputs/*/*/*/{record.FILE}")]  # fmt: skip
    found = (record.read(place.parent) for place in places)
    steps = {step.wandb_run: step for step in found if step}
    for folder in sorted((root / "wandb").glob("offline-run-*")):
        number = folder.name.rpartition("-")[2]
        if number in steps:
            yield OfflineRun(folder, number, steps[number])


def _left(root: Path, known: set[Path]) -> list[str]:
    """Return a line for each run that is not sent because its step left no record."""
    return [
        f"left: {folder.name}, whose step was killed; `wandb sync` sends what there is of it"
        for folder in sorted((root / "wandb").glob("offline-run-*"))
        if folder not in known and not list(folder.glob("*.synced"))
    ]


def _send(wandb: Any, api: Any, path: str, run: OfflineRun, store: Store) -> str:
    """Send one run, its artifacts and what it used; say so."""
    if not _is_there(wandb, api, f"{path}/{run.id}"):
        command = [sys.executable, "-m", "wandb", "sync", "--include-synced", str(run.folder)]
        online = os.environ | {"WANDB_MODE": "online"}
        done = subprocess.run(command, env=online, capture_output=True, text=True)
        if not _is_there(wandb, api, f"{path}/{run.id}"):
            said = " ".join((done.stdout + done.stderr).split())[-300:]
            raise ValueError(f"run {run.id} ({run.step.step}) did not arrive: {said}")
    again = []
    for output in run.step.outputs:
        version = store.get(record.reference(output))
        if _committed(wandb, api, path, version, store) is None:
            _log_again(wandb, path, run, output, version, store)
            again.append(version.reference)
            if _committed(wandb, api, path, version, store) is None:
                raise ValueError(f"{version.reference} of run {run.id} did not arrive")
    for used in run.step.inputs:
        known = _committed(wandb, api, path, store.get(record.reference(used)), store)
        if known is not None:
            api.run(f"{path}/{run.id}").use_artifact(known)
    made = ", ".join(record.reference(output) for output in run.step.outputs) or "no artifacts"
    rest = f"; {', '.join(again)} sent again from the store" if again else ""
    return f"{run.step.step} {run.id}: {made}{rest}"


def _is_there(wandb: Any, api: Any, path: str) -> bool:
    """Whether the server has the run, whole."""
    api.flush()  # or it answers from memory
    try:
        return bool(api.run(path).state in ("finished", "failed", "crashed"))
    except wandb.errors.CommError:
        return False


def _committed(wandb: Any, api: Any, path: str, version: Version, store: Store) -> Any:
    """Return W&B's artifact with the content of a version, None if there is none."""
    with TemporaryDirectory() as folder:
        facts: Mapping[str, Any] = record.artifact_facts(version)
        digest = artifact_of(wandb, facts, store.download(version, Path(folder))).digest
    try:
        known = api.artifacts(version.type, f"{path}/{version.name}")
        return next((a for a in known if a.digest == digest and a.state == "COMMITTED"), None)
    except (wandb.errors.CommError, ValueError):  # no such collection yet
        return None


def _log_again(
    wandb: Any,
    path: str,
    run: OfflineRun,
    output: Mapping[str, Any],
    version: Version,
    store: Store,
) -> None:
    entity, project = path.split("/")
    settings = wandb.Settings(silent=True, console="off", mode="online", init_timeout=ANSWER)
    with TemporaryDirectory() as folder:
        w = wandb.init(entity=entity, project=project, id=run.id, resume="must", settings=settings)
        try:
            artifact = artifact_of(wandb, output, store.download(version, Path(folder)))
            w.log_artifact(artifact).wait(timeout=WAIT)
        finally:  # not by `with`, which prints a traceback and takes the run for failed
            w.finish(exit_code=0 if run.step.status == "finished" else 1)
