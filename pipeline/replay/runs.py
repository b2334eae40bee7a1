"""The runs that this repository remembers: their folders and manifests, found by MLflow run id."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError
from pipeline.replay.manifest import FILE, Manifest

PATTERNS = ("outputs/*/*/", "multirun/*/*/*/")  # run folders, named after the time a run began
SHOWN = 5  # runs that a message names


def folders(root: Path) -> list[Path]:
    """Return the folders of all runs that have a manifest, the newest first."""
    run_folders = (path.parent for pattern in PATTERNS for path in root.glob(pattern + FILE))
    return sorted(run_folders, key=lambda folder: folder.relative_to(root).parts[1:], reverse=True)


def read(folder: Path) -> Manifest:
    """Return the manifest of the run in a folder; InputError when it is damaged."""
    path = folder / FILE
    try:
        manifest: Manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}); delete it") from error
    return manifest


def failed_steps(manifest: Manifest) -> list[str]:
    """Return the steps of a run that failed."""
    return [s["step"] for s in manifest["steps"] if s["status"] not in ("finished", "cached")]


def find(run: str) -> tuple[Path | None, Manifest]:
    """Return the folder of a run and its manifest.

    Args:
        run: ``latest``, or the beginning of an MLflow run id. MLflow is asked for one that is not
            here: then there is no folder.

    Raises:
        InputError: there is no such run, or a manifest is damaged.
    """
    entries = [(folder, read(folder)) for folder in folders(paths.ROOT)]
    matches: list[tuple[Path | None, Manifest]] = [
        entry for entry in entries if run == "latest" or entry[1]["run"].startswith(run)
    ]
    if not matches and run != "latest":
        matches = [(None, manifest) for manifest in _from_mlflow(run)]
    if not matches:
        newest = ", ".join(m["run"][:8] for _, m in reversed(entries[:SHOWN])) or "none yet"
        raise InputError(f"main.run={run}: there is no such run; the newest are: {newest}")
    return max(matches, key=lambda match: str(match[1]["finished"]))


def before(manifest: Manifest) -> Iterator[Manifest]:
    """Yield the manifests of the runs that ended before a run, the newest first.

    One that is damaged (the power went while it was written) is none to compare with.
    """
    for folder in folders(paths.ROOT):
        try:
            other = read(folder)
        except InputError:
            continue
        earlier = str(other["finished"]) <= str(manifest["finished"])
        if other["run"] != manifest["run"] and earlier:
            yield other


def _from_mlflow(run: str) -> list[Manifest]:
    """Look a manifest up in MLflow, which has those of other machines as well."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(MlflowClient().download_artifacts(run, FILE, folder))
            return [json.loads(file.read_text(encoding="utf-8"))]
    except (MlflowException, OSError):
        return []
