"""Rows out of databases and lakes: their types, what identifies them, and what is refused."""

import datetime
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.cache.external_files import UnknownFactError, database_content
from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.store.digests import Digests
from pipeline.tables import databases
from pipeline.tables.external_chunks import read_foreign
from tests.servers import postgresql_server

SONGS = pa.table({"id": [2, 1, 3], "title": ["b", None, "ü"], "tempo": [1.5, 2.0, None]})
ALL = Read(query="SELECT * FROM songs ORDER BY id", version_query="SELECT count(*) FROM songs")
Ask = Callable[[str, Read], pa.Table]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return what reads the rows that an address and its settings mean."""

    def asked(url: str, read: Read) -> pa.Table:
        return read_foreign(databases.write(url, read, tmp_path, tmp_path), url)

    return asked


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    columns = SONGS.to_pydict().values()
    with closing(sqlite3.connect(tmp_path / "songs.db")) as base:
        base.execute("CREATE TABLE songs (id, title, tempo)")
        base.executemany("INSERT INTO songs VALUES (?, ?, ?)", zip(*columns, strict=True))
        base.commit()
    return "sqlite:///songs.db"


@pytest.fixture
def duckdb(tmp_path: Path) -> str:
    with pytest.importorskip("duckdb").connect(tmp_path / "songs.duckdb") as base:
        base.register("given", SONGS)
        base.execute("CREATE TABLE songs AS SELECT * FROM given")
    return "duckdb:///songs.duckdb"


@pytest.fixture
def delta(tmp_path: Path) -> str:
    lake = pytest.importorskip("deltalake")
    for part in (SONGS.slice(0, 1), SONGS.slice(1)):
        lake.write_deltalake(tmp_path / "songs", part, mode="append")
    return "delta:songs"


@pytest.fixture
def iceberg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    catalogs = pytest.importorskip("pyiceberg.catalog")
    monkeypatch.setenv("PYICEBERG_CATALOG__OWN__URI", f"sqlite:///{tmp_path}/catalog.db")
    monkeypatch.setenv("PYICEBERG_CATALOG__OWN__WAREHOUSE", f"file://{tmp_path}")
    monkeypatch.setenv("PYICEBERG_CATALOG__OWN__TYPE", "sql")
    config = pytest.importorskip("pyiceberg.utils.config").Config()  # of the environment as it is
    monkeypatch.setattr(catalogs, "_ENV_CONFIG", config)
    catalog = catalogs.load_catalog("own")
    catalog.create_namespace("music")
    catalog.create_table("music.songs", SONGS.schema).append(SONGS)
    return "iceberg:own/music.songs"


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_rows_of_a_file(kind: str, ask: Ask, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(kind)
    assert ask(url, ALL).to_pylist() == SONGS.sort_by("id").to_pylist()


def test_columns_of_sqlite_may_hold_values_of_several_types(tmp_path: Path, ask: Ask) -> None:
    with closing(sqlite3.connect(tmp_path / "any.db")) as base:
        base.execute("CREATE TABLE t (a, b)")
        base.executemany("INSERT INTO t VALUES (?, ?)", [(1, 2**62), ("one", None)])
        base.commit()
    table = ask("sqlite:///any.db", Read(query="SELECT * FROM t ORDER BY rowid"))
    assert table.to_pydict() == {"a": ["1", "one"], "b": [2**62, None]}


def test_a_lake_is_read_at_a_snapshot(ask: Ask, delta: str, tmp_path: Path) -> None:
    assert databases.state(delta, Read(), tmp_path) == "version 1"
    assert sorted(ask(delta, Read())["id"].to_pylist()) == [1, 2, 3]
    assert ask(delta, Read(snapshot=0))["id"].to_pylist() == [2]
    assert databases.state(delta, Read(snapshot=0), tmp_path) == "version 0"
    with pytest.raises(InputError, match=r"(?i)delta:songs: .*version"):
        ask(delta, Read(snapshot=7))


def test_a_table_of_a_catalog(ask: Ask, iceberg: str, tmp_path: Path) -> None:
    assert ask(iceberg, Read()).sort_by("id").to_pylist() == SONGS.sort_by("id").to_pylist()
    assert str(databases.state(iceberg, Read(), tmp_path)).startswith("snapshot ")
    with pytest.raises(InputError, match=r"write iceberg:CATALOG/NAMESPACE\.TABLE"):
        ask("iceberg:songs", Read())


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (Read(), r"data\.read\.query='SELECT \* FROM \.\.\. ORDER BY \.\.\.'; it has songs$"),
        (Read(query="SELECT * FROM songz"), "no such table: songz"),
        (Read(query="DELETE FROM songs"), "attempt to write a readonly database"),
        (Read(query=ALL.query, snapshot=1), r"data\.read\.snapshot is for delta: and iceberg:"),
    ],
)
def test_what_is_refused(sqlite: str, ask: Ask, read: Read, said: str) -> None:
    with pytest.raises(InputError, match=f"^file_url sqlite:///songs.db: .*{said}"):
        ask(sqlite, read)


def test_other_addresses_take_no_query(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"songs\.csv: data\.read\.query is for databases"):
        databases.check("songs.csv", ALL, tmp_path)
    with pytest.raises(InputError, match=r"there is no file .*no\.db"):
        databases.write("sqlite:///no.db", ALL, tmp_path, tmp_path)


@pytest.mark.parametrize("url", ["songs.csv", "delta: the differences", "sqlite", "https://x/y"])
def test_other_texts_are_no_addresses(url: str) -> None:
    assert databases.scheme_of(url) is None


def test_rows_without_order_are_said(sqlite: str) -> None:
    assert databases.said(sqlite, ALL) == []
    (line,) = databases.said(sqlite, Read(query="SELECT * FROM songs"))
    assert "no ORDER BY" in line


def test_what_identifies_the_rows(sqlite: str, tmp_path: Path) -> None:
    def content(**settings: object) -> str:
        digests = Digests(tmp_path / "digests.json")
        return database_content(sqlite, settings, tmp_path, digests)

    first, counted = content(), content(version_query=ALL.version_query)
    assert first.startswith("sqlite:///songs.db ")
    assert counted == "sqlite:///songs.db [[3]]"
    with closing(sqlite3.connect(tmp_path / "songs.db")) as base:
        base.execute("UPDATE songs SET tempo = 3")
        base.commit()
    assert content() != first
    assert content(version_query=ALL.version_query) == counted
    with pytest.raises(UnknownFactError, match="no such table"):
        content(version_query="SELECT 1 FROM songz")


@pytest.fixture
def postgresql() -> Iterator[str]:
    """Start a server of our own."""
    pytest.importorskip("adbc_driver_postgresql")
    with postgresql_server() as address:
        yield address


@pytest.mark.slow
def test_rows_of_a_server(postgresql: str, ask: Ask, tmp_path: Path) -> None:
    import adbc_driver_postgresql.dbapi as driver

    made = """CREATE TABLE songs (id bigint, price numeric(10, 2), share numeric, on_air date,
              live boolean, tags text[], about jsonb)"""
    rows = """INSERT INTO songs VALUES (1, 3.10, 0.5, '2024-02-29', true, '{a,b}', '{"a": 1}'),
              (2, NULL, NULL, NULL, NULL, NULL, NULL)"""
    with driver.connect(postgresql) as connection, connection.cursor() as cursor:
        cursor.execute(made)
        cursor.execute(rows)
        connection.commit()
    first, second = ask(postgresql, ALL).to_pylist()
    assert first == {
        "id": 1, "price": Decimal("3.10"), "share": 0.5, "on_air": datetime.date(2024, 2, 29),
        "live": True, "tags": '["a", "b"]', "about": '{"a": 1}',
    }  # fmt: skip
    assert set(second.values()) == {2, None}
    assert databases.state(postgresql, ALL, tmp_path) == "[[2]]"
    with pytest.raises(UnknownFactError, match=r"data\.read\.version_query would tell"):
        database_content(postgresql, {}, tmp_path, Digests(tmp_path / "digests.json"))
    with pytest.raises(InputError, match="read-only transaction"):
        ask(postgresql, Read(query="DELETE FROM songs RETURNING id"))
    with pytest.raises(InputError, match=r"it has songs$"):
        ask(postgresql, Read())
    with pytest.raises(InputError, match="Connection refused"):
        ask("postgresql://postgres@127.0.0.1:1/postgres", ALL)
