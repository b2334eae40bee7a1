"""The runs that this repository remembers: their folders and manifests, found by MLflow run id."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.errors import InputError
from pipeline.files import shown
from pipeline.replay.manifest import FILE, Manifest, StepEntry
from pipeline.shapes import misfit
from pipeline.tracking import mlflow_database
from pipeline.tracking.run_folders import run_folders

if TYPE_CHECKING:
    from mlflow import MlflowClient

SHOWN = 5  # runs that a message names
# What all releases have written.
REQUIRED = {"run", "finished", "code", "commit", "patch", "config", "steps", "step", "status",
            "inputs", "outputs", "name", "version", "digest"}  # fmt: skip


def folders(root: Path, notes: list[str]) -> list[Path]:
    """Return the folders of all runs that have a manifest, the newest first.

    Args:
        root: of the repository.
        notes: a line is added for each place that could not be looked at.
    """
    found = (folder.path for folder in run_folders(root, notes))
    return [folder for folder in found if (folder / FILE).exists()]


def read(folder: Path) -> Manifest:
    """Return the manifest of the run in a folder; InputError when it is damaged."""
    return _manifest(folder / FILE)


def _manifest(path: Path) -> Manifest:
    try:
        manifest: Manifest = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(path)} is damaged ({error}); delete it") from error
    if fault := misfit(manifest, Manifest, REQUIRED):
        raise InputError(f"{shown(path)} is damaged ({fault}); delete it")
    return manifest


def readable(root: Path, notes: list[str]) -> Iterator[tuple[Path, Manifest]]:
    """Yield the runs whose manifests can be read, the newest first.

    Args:
        root: of the repository.
        notes: a line is added for each one that cannot be.
    """
    for folder in folders(root, notes):
        try:
            yield folder, read(folder)
        except InputError as error:
            notes.append(f"left out: {error}")


def is_cached(steps: Sequence[StepEntry]) -> bool:
    """Say whether there are steps, and earlier executions served for all of them."""
    return bool(steps) and all(step["status"] == "cached" for step in steps)


def failed_steps(manifest: Manifest) -> list[str]:
    """Return the steps of a run that failed."""
    return [s["step"] for s in manifest["steps"] if s["status"] not in ("finished", "cached")]


def find(run: str) -> tuple[Path | None, Manifest]:
    """Return the folder of a run and its manifest.

    Args:
        run: ``latest``, or the beginning of an MLflow run id. MLflow is asked for one that is not
            here, four characters of it at least: then there is no folder.

    Raises:
        InputError: there is no such run. A manifest that is damaged is left out, which is said.
    """
    notes: list[str] = []
    entries = list(readable(paths.ROOT, notes))
    for note in notes:
        print(note, file=sys.stderr)
    matches: list[tuple[Path | None, Manifest]] = [
        entry for entry in entries if run == "latest" or entry[1]["run"].startswith(run)
    ]
    if not matches and run != "latest":
        matches = [(None, manifest) for manifest in from_mlflow(run)]
    if not matches:
        raise unknown(run, [manifest for _, manifest in entries])
    return max(matches, key=lambda match: str(match[1]["finished"]))


def unknown(run: str, known: Sequence[Manifest]) -> InputError:
    """Return the error of a name that no run has; the newest of the known runs come first."""
    newest = ", ".join(m["run"][:8] for m in reversed(known[:SHOWN])) or "none yet"
    return InputError(f"main.run={run}: there is no such run; the newest are: {newest}")


def before(manifest: Manifest) -> Iterator[Manifest]:
    """Yield the manifests of the runs that ended before a run, the newest first.

    One that is damaged (the power went while it was written) is none to compare with.
    """
    for _, other in readable(paths.ROOT, []):
        earlier = str(other["finished"]) <= str(manifest["finished"])
        if other["run"] != manifest["run"] and earlier:
            yield other


def from_mlflow(run: str) -> list[Manifest]:
    """Look the manifest of a run up in MLflow, which has those of other machines as well."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    mlflow_database.prepare(paths.ROOT)
    client, found = MlflowClient(), []
    with tempfile.TemporaryDirectory() as folder, suppress(MlflowException):
        for identity in _meant(client, run):
            with suppress(MlflowException, OSError, InputError):  # of a step: it has no manifest
                found.append(_manifest(Path(client.download_artifacts(identity, FILE, folder))))
    return found


def _meant(client: "MlflowClient", run: str) -> list[str]:
    """Return the ids of the runs on MLflow's server that begin so."""
    if not re.fullmatch("[0-9a-f]{4,31}", run):
        return [run]
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found = client.search_runs(experiments, f"attributes.run_id LIKE '{run}%'", max_results=SHOWN)
    return [run.info.run_id for run in found]
