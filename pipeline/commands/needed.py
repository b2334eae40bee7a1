"""What clean must keep: what any run names that is still there, wherever it has written."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import context
from pipeline.errors import InputError
from pipeline.files import shown
from pipeline.replay import manifest
from pipeline.store.artifacts import Store
from pipeline.tracking import mlflow_runs, record, register, run_folders
from pipeline.tracking.register import Entry

Content = tuple[str, str]  # name and digest: in every catalog the same
Step = dict[str, Any]  # of a manifest, or a record


@dataclass
class Needed:
    """What runs name, and how much is known of that.

    Attributes:
        contents: what they have read and made.
        unsynced: ids of W&B's offline runs that are not sent yet.
        let_go: entries of the register whose runs were deleted.
        notes: what could not be looked at, a line each.
        blind: whether what could not be looked at may name anything.
    """

    contents: set[Content] = field(default_factory=set)
    unsynced: set[str] = field(default_factory=set)
    let_go: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blind: bool = False


def by_runs(catalogs: Iterable[Store], root: Path) -> Needed:
    """Return what the runs of a repository name.

    Args:
        catalogs: of the artifact store; runs on a tracking server name versions by their numbers.
        root: of the repository.
    """
    needed = Needed()
    for folder in run_folders.wandb_folders(root, needed.notes):
        needed.unsynced |= {file.stem.removeprefix("run-") for file in unsynced(folder)}
    folders = [folder.path for folder in run_folders.run_folders(root, needed.notes)]
    for folder in folders:
        _add(needed, folder / manifest.FILE, lambda content: content["steps"])
        for path in run_folders.records_in(folder):
            _add(needed, path, lambda step: [step])
    for path in sorted(root.glob(f"mlruns/*/*/artifacts/{manifest.FILE}")):
        _add(needed, path, lambda content: content["steps"])
    for path in sorted(root.glob(f"mlruns/*/*/artifacts/{record.FILE}")):
        _add(needed, path, lambda step: [step] if _alone(step, needed.unsynced) else [])
    entries = register.entries(root, [])
    there = _on_servers(needed, entries, list(catalogs), root)
    for entry in entries:
        if _deleted(entry, root, there):
            needed.let_go.append(entry)
        else:
            needed.contents |= _contents(entry.records)
    return needed


def unsynced(folder: Path) -> list[Path]:
    """Return the files of the offline runs in a W&B folder that are not sent yet."""
    runs = folder.glob("offline-run-*/run-*.wandb")
    return [run for run in runs if not run.with_name(f"{run.name}.synced").exists()]


def _alone(step: Step, unsynced: set[str]) -> bool:
    """Whether a record in MLflow is all there is of a run: a step alone has no reason."""
    return step["wandb_run"] in unsynced or step.get("reason", "") is None


def _contents(steps: Iterable[Step]) -> set[Content]:
    artifacts = [a for step in steps for a in (*step["inputs"], *step["outputs"])]
    return {(str(artifact["name"]), str(artifact["digest"])) for artifact in artifacts}


def _add(needed: Needed, path: Path, steps: Callable[[Any], list[Step]]) -> None:
    """Add what the steps in a manifest or a record have read and made."""
    try:
        needed.contents |= _contents(steps(json.loads(path.read_bytes())))
    except FileNotFoundError:
        return
    except (OSError, KeyError, TypeError, ValueError) as error:
        needed.notes.append(f"left out: {shown(path)} is damaged ({error!r}); delete or mend it")


def _on_servers(
    needed: Needed, entries: list[Entry], catalogs: list[Store], root: Path
) -> dict[str, set[str]]:
    """Add what the runs on tracking servers name; return the runs of each one that answers."""
    now = "" if context.own_tracking(root) else context.tracking_uri(root)
    there: dict[str, set[str]] = {}
    for uri in dict.fromkeys([now, *(entry.tracking_uri for entry in entries)]):
        if not uri:
            continue  # our own database: its runs have their files here
        try:
            named = mlflow_runs.named_on(uri)
        except OSError as error:
            needed.blind = True
            needed.notes.append(f"not looked at: the runs on {uri} ({error})")
            continue
        there[uri] = set(named)
        for reference in set[str]().union(*named.values()):
            for store in catalogs:
                with suppress(InputError):  # not ours, or damaged, which is said elsewhere
                    if version := store.find(reference):
                        needed.contents.add((version.name, version.digest))
    return there


def _deleted(entry: Entry, root: Path, there: dict[str, set[str]]) -> bool:
    """Whether a run was deleted: its folder in the repository, and its run in MLflow."""
    process_may_write = not (root / entry.place).exists()
    if process_may_write or (entry.folder and (root / entry.folder).exists()):
        return False
    if any(place and Path(place).is_absolute() for place in (entry.folder, entry.wandb)):
        return False  # a disk may be away
    if entry.tracking_uri:
        known = there.get(entry.tracking_uri)
        return known is not None and entry.mlflow_run not in known
    return not next(root.glob(f"mlruns/*/{entry.mlflow_run}/artifacts/*.json"), None)
