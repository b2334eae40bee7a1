"""MLflow's own database in the repository: made once, at home where it is, without dead runs.

MLflow names the files of its runs by their whole path. In a copy of the project, or after it was
moved, these would be the original's: what runs in the copy would be written there.
"""

import fcntl
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from pipeline import context
from pipeline.errors import InputError
from pipeline.files import settle, unusable
from pipeline.screen.failures import tracking_failure
from pipeline.tracking import mlflow_runs, register

FILE = "mlflow.db"
WAIT = (5, 15)  # seconds for a server to take a connection, and to answer
# Columns that hold where files are.
PLACES = ("artifact_location", "artifact_uri", "source", "storage_location")


def prepare(root: Path, project: str = "") -> None:
    """Make the database usable before anything is written with it, and say what was mended.

    Of several first runs one makes it, and the others wait.

    Args:
        root: of the repository.
        project: its name, which its experiment gets.

    Raises:
        InputError: it cannot be made or mended.
    """
    check_answers(context.tracking_uri(root))
    mlflow_runs.say_errors_once()
    with _locked(root):
        if context.own_tracking(root):
            if old := moved_from(root):
                count = _rewrite(root, old)
                print(
                    f"This project was in {old.parent} when MLflow recorded its runs: {count} "
                    f"places in {FILE} lead to {root} now",
                    file=sys.stderr,
                )
            _make(root)
            if project:
                _name_experiment(root, project)
        mlflow_runs.close_dead(root)


def check_answers(uri: str) -> None:
    """Ask a tracking server whether it is there, before any work; MLflow itself asks for minutes.

    Raises:
        InputError: nobody answers.
    """
    if not uri.startswith(("http://", "https://")):
        return
    import requests
    from requests import exceptions

    try:
        requests.get(uri.rstrip("/") + "/health", timeout=WAIT, allow_redirects=False).close()
    except exceptions.SSLError:
        return  # somebody is there; MLflow may be told to trust it
    except (exceptions.RequestException, UnicodeError) as error:
        raise InputError(
            f"MLflow's server {uri} does not answer ({type(error).__name__}); check "
            "MLFLOW_TRACKING_URI and the network, or unset it to record in this folder"
        ) from None


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Let one process at a time be here; the kernel frees the lock of one that dies."""
    path = root / register.FOLDER / ".lock"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise unusable(error, path) from error


def _make(root: Path) -> None:
    """Let MLflow make its tables, beside the database's place: half of them would be of no use."""
    file, drafts = root / FILE, root / register.FOLDER
    if file.exists() and file.stat().st_size:
        return
    from mlflow import MlflowClient

    for left in drafts.glob("mlflow-*"):  # by a process that was killed: we hold the lock
        left.unlink()
    draft = drafts / f"mlflow-{os.urandom(4).hex()}.db"
    with failures():
        MlflowClient(f"sqlite:///{draft}").search_experiments(max_results=1)
    settle(draft)
    os.replace(draft, file)
    settle(root)


def _name_experiment(root: Path, project: str) -> None:
    """Let the experiment that MLflow calls Default have the project's name, unless another has it.

    `mlflow run .` records in it before a program of ours has begun.
    """
    with (
        suppress(sqlite3.Error),  # MLflow says better than we what is wrong with it
        closing(sqlite3.connect(root / FILE, timeout=60)) as database,
        database,
    ):
        database.execute(
            "UPDATE experiments SET name = :name WHERE experiment_id = 0 AND name = 'Default' "
            "AND NOT EXISTS (SELECT 1 FROM experiments WHERE name = :name)",
            {"name": project},
        )


@contextmanager
def failures() -> Iterator[None]:
    """Turn what MLflow and its database raise into one line."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, CommandError) as error:
        raise tracking_failure(error) from error


def moved_from(root: Path) -> Path | None:
    """Return the mlruns that the database was made with, if it is not the one beside it."""
    file, here = root / FILE, (root / "mlruns").resolve()
    if not file.exists() or not file.stat().st_size:
        return None
    try:
        with closing(sqlite3.connect(file, timeout=60)) as database:
            rows = database.execute("SELECT experiment_id, artifact_location FROM experiments")
            for number, location in rows:
                folder = Path(str(location).removeprefix("file://"))
                if folder.name != str(number) or folder.parent.name != here.name:
                    continue  # a place that somebody chose
                if folder.is_absolute() and folder.parent.resolve() != here:
                    return folder.parent
    except sqlite3.Error:  # MLflow says better than we what is wrong with it
        return None
    return None


def _rewrite(root: Path, old: Path) -> int:
    """Let all places below the old mlruns be below the new one; return how many."""
    new = root / "mlruns"
    forms = [(str(old), str(new)), (f"file://{quote(str(old))}", f"file://{quote(str(new))}")]
    try:
        with closing(sqlite3.connect(root / FILE, timeout=60)) as database, database:
            database.execute("BEGIN IMMEDIATE")
            return sum(
                database.execute(
                    f'UPDATE "{table}" SET "{column}" = ? || substr("{column}", ?) '
                    f'WHERE substr("{column}", 1, ?) = ?',
                    (after, len(before) + 1, len(before) + 1, f"{before}/"),
                ).rowcount
                for table, column in _places(database)
                for before, after in forms
            )
    except sqlite3.Error as error:
        raise InputError(
            f"{root / FILE} names the files of {old}, and cannot be mended: {error}; end what uses "
            "it, and look at free space and at rights there"
        ) from error


def _places(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return each table and column of the database that holds where files are."""
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [
        (table, column)
        for (table,) in tables
        for _, column, *_ in database.execute(f'PRAGMA table_info("{table}")').fetchall()
        if column in PLACES
    ]
