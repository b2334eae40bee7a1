"""The runs that this repository remembers: their folders and manifests, found by MLflow run id."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError
from pipeline.replay import manifest
from pipeline.replay.manifest import Manifest

PLACES = ("outputs/*/*/", "multirun/*/*/*/")  # run folders, named after the time a run began
SHOWN = 5  # runs that a message names


def folders(root: Path) -> list[Path]:
    """Return the folders of all runs that have a manifest, the newest first."""
    found = [path.parent for place in PLACES for path in root.glob(place + manifest.FILE)]
    return sorted(found, key=lambda folder: folder.relative_to(root).parts[1:], reverse=True)


def read(folder: Path) -> Manifest:
    """Return the manifest of the run in a folder; InputError when it is damaged."""
    path = folder / manifest.FILE
    try:
        content: Manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}); delete it") from error
    return content


def failed(recorded: Manifest) -> list[str]:
    """Return the steps of a run that failed."""
    return [s["step"] for s in recorded["steps"] if s["status"] not in ("finished", "cached")]


def find(run: str) -> tuple[Path | None, Manifest]:
    """Return the folder of a run and its manifest.

    Args:
        run: ``latest``, or the beginning of an MLflow run id. MLflow is asked for one that is not
            here: then there is no folder.

    Raises:
        InputError: there is no such run, or a manifest is damaged.
    """
    known = [(folder, read(folder)) for folder in folders(paths.ROOT)]
    wanted: list[tuple[Path | None, Manifest]] = [
        (folder, kept) for folder, kept in known if run == "latest" or kept["run"].startswith(run)
    ]
    if not wanted and run != "latest":
        wanted = [(None, kept) for kept in _from_mlflow(run)]
    if not wanted:
        newest = ", ".join(kept["run"][:8] for _, kept in reversed(known[:SHOWN])) or "none yet"
        raise InputError(f"main.run={run}: there is no such run; the newest are: {newest}")
    return max(wanted, key=lambda found: str(found[1]["finished"]))


def before(recorded: Manifest) -> Iterator[Manifest]:
    """Yield the manifests of the runs that ended before a run, the newest first.

    One that is damaged (the power went while it was written) is none to compare with.
    """
    for folder in folders(paths.ROOT):
        try:
            kept = read(folder)
        except InputError:
            continue
        if kept["run"] != recorded["run"] and str(kept["finished"]) <= str(recorded["finished"]):
            yield kept


def _from_mlflow(run: str) -> list[Manifest]:
    """Look a manifest up in MLflow, which has those of other machines as well."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(MlflowClient().download_artifacts(run, manifest.FILE, folder))
            return [json.loads(file.read_text(encoding="utf-8"))]
    except (MlflowException, OSError):
        return []
