"""main.action=fetch: bring a version of an artifact out of the store, as files."""

from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import InputError
from pipeline.files import settle, unusable
from pipeline.store.artifacts import Store, Version


def fetch(store: Store, reference: str | None, folder: str | None, root: Path) -> str:
    """Write the files of an artifact into a folder, which appears whole or not at all.

    Args:
        store: where the artifact is.
        reference: `name:alias` or `name:vN`.
        folder: a new folder, or an empty one; a relative one is under the root. None means
            outputs/name-vN, which is made anew.
        root: the repository.

    Returns:
        A line that says what is where, and for a model how to serve it.

    Raises:
        InputError: no reference or none that the store knows, the folder is not empty, or a file
            is missing or damaged.
    """
    if reference is None:
        names = ", ".join(store.names()) or "nothing: run the pipeline first"
        raise InputError(
            f"fetch: say which artifact: main.artifact=name:alias or name:vN; {store.url} "
            f"holds {names}"
        )
    version = store.get(reference)
    place = Path(folder or Path("outputs", f"{version.name}-v{version.version}"))
    target = root / place.expanduser()
    occupied = target.exists() and (not target.is_dir() or any(target.iterdir()))
    if occupied and folder is not None:
        raise InputError(f"fetch: {folder} is not empty; give another folder (main.folder=...)")
    _replace(store, version, target)
    path = target.relative_to(root) if target.is_relative_to(root) else target
    serve = f"; serve it: mlflow models serve -m {path} --env-manager local --port 5001"
    return f"{version.reference} is in {path}{serve if (target / 'MLmodel').exists() else ''}"


def _replace(store: Store, version: Version, target: Path) -> None:
    """Let the files of a version be the folder, in place of what it was."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent, prefix=".fetch-") as temporary:
            draft = Path(temporary, "new")
            store.download(version, draft)
            for path in (*draft.rglob("*"), draft):
                settle(path)
            if target.exists():
                target.rename(Path(temporary, "old"))
            draft.rename(target)
            settle(target.parent)
    except OSError as error:
        raise unusable(error, target, "write") from error
