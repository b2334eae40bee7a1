"""Connections to databases and lakes by their drivers, each of which is an extra."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipeline.config.preprocess import Read
from pipeline.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

FILES, SERVERS, LAKES = ("sqlite", "duckdb"), ("postgresql", "postgres"), ("delta", "iceberg")
# By module, what it is installed by: our extra, and its package.
EXTRAS = {
    "adbc_driver_postgresql.dbapi": ("postgresql", "adbc-driver-postgresql"),
    "duckdb": ("duckdb", "duckdb"),
    "deltalake": ("delta", "deltalake"),
    "pyiceberg.catalog": ("iceberg", "pyiceberg"),
}
ADDRESS = r"(sqlite|duckdb):///\S|postgres(ql)?://\S|(delta|iceberg):\S+$"
ROWS = 10_000  # that DuckDB gives at once


def scheme_of(url: str) -> str | None:
    """Return the kind of database or lake that an address means; None: it means a file."""
    scheme = url.partition(":")[0] if re.match(ADDRESS, url) else None
    return "postgresql" if scheme in SERVERS else scheme


def file_of(url: str, root: Path) -> Path:
    """Return the file of a database that is one.

    Args:
        url: its address.
        root: what a relative path starts from.

    Raises:
        InputError: it is not there.
    """
    path = root / Path(unquote(urlsplit(url).path)[1:]).expanduser()
    if not path.is_file():
        raise InputError(f"file_url {url}: there is no file {path}; check the path")
    return path


@contextmanager
def answered(url: str, query: str, root: Path) -> Iterator[Any]:
    """Yield the rows of a query, to be iterated over; of SQLite its cursor, which names columns.

    Nothing can be written by it.
    """
    scheme = scheme_of(url)
    if scheme == "sqlite":
        import sqlite3

        place = f"{file_of(url, root).resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(place, uri=True)) as base:
            yield base.execute(query)
    elif scheme == "duckdb":
        with _driver("duckdb").connect(str(file_of(url, root)), read_only=True) as base:
            yield base.execute(query).fetchall()
    else:
        with _postgresql(url) as cursor:
            cursor.execute(query)
            yield cursor.fetchall()


@contextmanager
def _postgresql(url: str) -> Iterator[Any]:
    with (
        _driver("adbc_driver_postgresql.dbapi").connect(url) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET TRANSACTION READ ONLY")
        yield cursor


@contextmanager
def batches(url: str, read: Read, root: Path) -> Iterator["pa.RecordBatchReader"]:
    """Yield the rows as Arrow batches."""
    scheme = scheme_of(url)
    if scheme == "duckdb":
        with _driver("duckdb").connect(str(file_of(url, root)), read_only=True) as base:
            yield base.sql(read.query).to_arrow_reader(ROWS)
    elif scheme == "postgresql":
        with _postgresql(url) as cursor:
            cursor.execute(read.query)
            yield _plain(cursor.fetch_record_batch())
    elif scheme == "delta":
        yield delta(url, read, root).to_pyarrow_dataset().scanner().to_reader()
    else:
        table, snapshot = iceberg(url, read)
        yield table.scan(snapshot_id=snapshot).to_arrow_batch_reader()


def delta(url: str, read: Read, root: Path) -> Any:
    """Return a `deltalake.DeltaTable` at the version that is asked for."""
    place = url.partition(":")[2]
    where = place if "://" in place else str(root / Path(place).expanduser())
    return _driver("deltalake").DeltaTable(where, version=read.snapshot)


def iceberg(url: str, read: Read) -> tuple[Any, int]:
    """Return a table of `pyiceberg`, and the id of the snapshot that is asked for.

    Raises:
        InputError: the address lacks the catalog; nothing was ever written to the table.
    """
    catalog, slash, name = url.partition(":")[2].partition("/")
    if not slash:
        raise InputError(f"file_url {url}: write iceberg:CATALOG/NAMESPACE.TABLE")
    table = _driver("pyiceberg.catalog").load_catalog(catalog).load_table(name)
    snapshot = read.snapshot or getattr(table.current_snapshot(), "snapshot_id", None)
    if snapshot is None:
        raise InputError(f"file_url {url}: the table has no snapshot: nothing was written to it")
    return table, snapshot


def _plain(reader: "pa.RecordBatchReader") -> "pa.RecordBatchReader":
    """Return batches of plain types: of PostgreSQL's own ones its decimals, and texts.

    A `numeric(p, s)` is a decimal as long, one without a length a number of 64 bits.
    """
    import pyarrow as pa

    schema = pa.schema([(field.name, _plain_type(field)) for field in reader.schema])

    def of_batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = map(_plain_values, batch.columns, schema.types)
            yield pa.RecordBatch.from_arrays(list(columns), schema=schema)

    return pa.RecordBatchReader.from_batches(schema, of_batches())


def _plain_values(column: "pa.Array", kind: "pa.DataType") -> "pa.Array":
    import pyarrow as pa

    if not isinstance(column, pa.ExtensionArray):
        return column
    if pa.types.is_string(column.storage.type):
        return column.storage.cast(kind)
    return pa.array([None if v is None else str(v) for v in column.to_pylist()], kind)


def _plain_type(field: "pa.Field") -> "pa.DataType":
    import pyarrow as pa

    if not isinstance(field.type, pa.BaseExtensionType):
        return field.type
    about = field.metadata or {}
    if about.get(b"POSTGRESQL:type") != b"numeric":
        return pa.string()
    length = int(about.get(b"POSTGRESQL:typmod", -1)) - 4  # as its documentation has it
    precision, scale = length >> 16, length & 0x7FF
    return pa.decimal128(precision, scale) if 0 < precision <= 38 else pa.float64()


def _driver(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError:
        extra, package = EXTRAS[name]
        raise InputError(
            f"{package} is not installed: uv sync --extra {extra}, or pip install {package}"
        ) from None
