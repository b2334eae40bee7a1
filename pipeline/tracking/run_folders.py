"""Where runs have left what they made: one place to ask for all who look for it."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.context import wandb_folder
from pipeline.files import shown
from pipeline.tracking.record import FILE as RECORD
from pipeline.tracking.register import entries

MANIFEST = "manifest.json"
PATTERNS = ("outputs/*/*", "multirun/*/*/*")  # run folders, named after the time a run began


@dataclass(frozen=True)
class RunFolder:
    """A folder in which a run has left its manifest or the records of its steps."""

    path: Path
    started: str


def run_folders(root: Path, notes: list[str]) -> list[RunFolder]:
    """Return the folders of all runs that are there, the newest first.

    Args:
        root: of the repository.
        notes: a line is added for each entry that cannot be read, and each folder that is gone.
    """
    folders: dict[Path, str] = {}
    for pattern in PATTERNS:
        for path in root.glob(pattern):
            if (path / MANIFEST).exists() or next(path.glob(f"*/{RECORD}"), None):
                folders[path] = "/".join(path.relative_to(root).parts[1:])
    for entry in entries(root, notes):
        if entry.folder is None:
            continue
        path = root / entry.folder
        try:
            names = {child.name for child in path.iterdir()}
        except OSError as error:
            if Path(entry.folder).is_absolute():  # else it was deleted here
                notes.append(
                    f"not looked at: {shown(path)} of run {(entry.mlflow_run or entry.id)[:8]} "
                    f"({error.strerror}); if it is gone for good, delete {entry.place}"
                )
            continue
        if names:
            folders[path] = folders.get(path, entry.started)
    found = [RunFolder(path, started) for path, started in folders.items()]
    return sorted(found, key=lambda folder: folder.started, reverse=True)


def records_in(folder: Path) -> list[Path]:
    """Return the records that the steps of a run have left in its folder."""
    return sorted(folder.glob(f"*/{RECORD}"))


def wandb_folders(root: Path, notes: list[str]) -> list[Path]:
    """Return the folders in which W&B's runs are, each once, our own first.

    Args:
        root: of the repository.
        notes: a line is added for each one elsewhere that is gone.
    """
    elsewhere = [root / e.wandb for e in entries(root, []) if Path(e.wandb).is_absolute()]
    own = [root / "wandb", wandb_folder(root).resolve()]
    for folder in dict.fromkeys(elsewhere):
        if not folder.is_dir() and folder not in own:
            notes.append(f"not looked at: {shown(folder)}, where W&B's runs were; it is gone")
    return [folder for folder in dict.fromkeys([*own, *elsewhere]) if folder.is_dir()]
