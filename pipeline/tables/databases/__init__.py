"""Tables in databases and lakes: what is asked for, and which state of it there is.

    sqlite:///songs.db  duckdb:///songs.duckdb  a file, by its path after the third /
    postgresql://user@host/songs                what the environment does not say: PGPASSWORD ...
    delta:songs  delta:s3://bucket/songs        a Delta table
    iceberg:catalog/space.songs                 an Iceberg table, of a catalog in .pyiceberg.yaml

Each in the form that its own driver gives; the drivers are extras.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.tables.databases.drivers import (
    FILES,
    LAKES,
    answered,
    batches,
    delta,
    file_of,
    iceberg,
    scheme_of,
)

__all__ = ["FILES", "check", "file_of", "said", "scheme_of", "state", "write"]

# Names of tables, for who has not said which one.
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name",
    "duckdb": "SELECT table_name FROM information_schema.tables ORDER BY 1",
    "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema NOT IN "
                  "('pg_catalog', 'information_schema') ORDER BY 1",
}  # fmt: skip
ROWS = 10_000  # of SQLite that are written at once


def write(url: str, read: Read, root: Path, folder: Path) -> Path:
    """Write the rows that are asked for into a file that `TypedSource` reads; return it.

    Args:
        url: of the database or the lake.
        read: its query, or its snapshot.
        root: what a relative path starts from.
        folder: where the file is to be.

    Raises:
        InputError: nobody answers, the query is none, a driver is missing.
    """
    scheme = scheme_of(url)
    check(url, read, root)
    with _failures(url):
        if scheme == "sqlite":
            return _write_rows(url, str(read.query), root, folder / "rows.jsonl")
        import pyarrow.parquet as pq

        path = folder / "rows.parquet"
        with batches(url, read, root) as rows, pq.ParquetWriter(path, rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        return path


def state(url: str, read: Read, root: Path) -> str | None:
    """Return what tells that a database or lake has the rows that it had; None if nothing does.

    Of a lake it is the snapshot, of a database what `read.version_query` gives. A file without
    such a query is told by its digest, which is not made here: then it is None, too.

    Raises:
        InputError: as `write`.
    """
    scheme = scheme_of(url)
    with _failures(url):
        if scheme == "delta":
            return f"version {delta(url, read, root).version()}"
        if scheme == "iceberg":
            return f"snapshot {iceberg(url, read)[1]}"
        if read.version_query:
            with answered(url, read.version_query, root) as rows:
                return json.dumps([list(row) for row in rows], default=str)
        return None


def check(url: str, read: Read, root: Path) -> None:
    """Refuse settings that an address does not take, or that it lacks.

    Raises:
        InputError: a query for what is no database, a snapshot for what has none; no query.
    """
    scheme = scheme_of(url)
    if scheme in LAKES or scheme is None:
        if read.query or read.version_query:
            raise InputError(
                f"file_url {url}: data.read.query is for databases ({', '.join(FILES)}, "
                "postgresql); leave it out"
            )
    elif not read.query:
        with _failures(url), answered(url, TABLES[scheme], root) as rows:
            names = ", ".join(str(row[0]) for row in rows)
        raise InputError(
            f"file_url {url}: say which rows with data.read.query='SELECT * FROM ... ORDER BY "
            f"...'; it has {names or 'no tables'}"
        )
    if read.snapshot is not None and scheme not in LAKES:
        raise InputError(
            f"file_url {url}: data.read.snapshot is for delta: and iceberg: tables; leave it out"
        )


def said(url: str, read: Read) -> list[str]:
    """Return what a person should know of how rows are asked for; nothing of a file."""
    ordered = re.search(r"\border\s+by\b", read.query or "", re.IGNORECASE)
    if scheme_of(url) in (*LAKES, None) or ordered:
        return []
    return ["the query has no ORDER BY: the same rows may come in another order next time"]


@contextmanager
def _failures(url: str) -> Iterator[None]:
    """Say in one line what a driver says; each has errors of its own."""
    try:
        yield
    except (InputError, ImportError, MemoryError):
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("pipeline", "builtins") and not isinstance(
            error, OSError | ValueError
        ):
            raise  # a bug
        reason = " ".join(str(error).split())
        raise InputError(f"file_url {url}: {reason or type(error).__name__}") from None


def _write_rows(url: str, query: str, root: Path, path: Path) -> Path:
    """Write rows of SQLite, whose columns have no types, one JSON object for each."""
    with answered(url, query, root) as cursor, path.open("w", encoding="utf-8") as out:
        names = [about[0] for about in cursor.description or ()]
        while rows := list(islice(cursor, ROWS)):
            out.writelines(f"{json.dumps(dict(zip(names, row, strict=True)))}\n" for row in rows)
    return path
