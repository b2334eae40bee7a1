"""A table in pieces is the same table, and a file does not show the pieces it was written in."""

import datetime
import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.tables import chunks, table_files, writer

FORMATS = pytest.mark.parametrize("suffix", [".csv", ".parquet"])
ROWS = 1000
TABLE = pa.table({
    "n": pa.array([n if n % 7 else None for n in range(ROWS)]),
    "t": pa.array([f"text, {n}\n" * (n % 3) for n in range(ROWS)]),
    "c": pa.array([f"c{n % 5}" for n in range(ROWS)]).dictionary_encode(),
    "d": pa.array([datetime.datetime(2026, 1, 1) + n * datetime.timedelta(hours=7)
                   for n in range(ROWS)], pa.timestamp("s", "Europe/Berlin")),
})  # fmt: skip


def plain(table: pa.Table) -> pa.Table:
    return table.set_column(2, "c", table["c"].cast(pa.string()))


@FORMATS
@pytest.mark.parametrize("columns", [None, ["d", "n"], ["c"]])
def test_pieces_are_the_rows_in_order_as_plain_values(
    suffix: str, columns: list[str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "PIECE", 64)
    monkeypatch.setattr(chunks, "FIRST_BLOCK", 1000)
    path = tmp_path / f"t{suffix}"
    source = table_files.Source(path, table_files.write(TABLE, path))
    pieces = list(source.pieces(columns))
    assert len(pieces) > 10
    expected = plain(TABLE).select(columns or TABLE.column_names)
    assert {piece.schema for piece in pieces} == {expected.schema}
    assert pa.concat_tables(pieces).equals(expected)
    assert source.plain == plain(TABLE).schema
    assert source.read().equals(TABLE)


@FORMATS
def test_no_rows_are_one_piece(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    source = table_files.Source(path, table_files.write(TABLE.slice(0, 0), path))
    assert pa.concat_tables(source.pieces()).equals(plain(TABLE).slice(0, 0))


@FORMATS
@given(cuts=st.lists(st.integers(0, ROWS), max_size=12), encoded=st.booleans())
@settings(deadline=None, max_examples=25)
def test_the_file_does_not_show_the_pieces(
    suffix: str, tmp_path_factory: Any, cuts: list[int], encoded: bool
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "block_rows", lambda schema: 150)
        whole = table_files.write(TABLE, folder / f"whole{suffix}")
        ends = [0, *sorted(cuts), ROWS]
        with table_files.Writer(folder / f"cut{suffix}", table_files.schema_of(TABLE)) as cut:
            for start, end in itertools.pairwise(ends):
                piece = TABLE.slice(start, end - start)
                cut.write(piece if encoded else plain(piece))
    assert cut.metadata == whole
    files = [(folder / f"{name}{suffix}").read_bytes() for name in ("whole", "cut")]
    assert files[0] == files[1]


def test_a_row_longer_than_the_first_block(tmp_path: Path) -> None:
    """The reader starts again with larger blocks, after the rows that it has given."""
    texts = [f"row {n}" for n in range(200_000)]
    texts[150_000] = "long " * 500_000
    table = pa.table({"t": texts, "n": list(range(200_000))})
    path = tmp_path / "t.csv"
    source = table_files.Source(path, table_files.write(table, path))
    assert pa.concat_tables(source.pieces()).equals(table)


@FORMATS
def test_what_fails_leaves_no_file(suffix: str, tmp_path: Path) -> None:
    path, schema = tmp_path / f"t{suffix}", table_files.schema_of(TABLE)

    def write(table: pa.Table) -> None:
        with table_files.Writer(path, schema) as writer:
            writer.write(table)
            assert path.exists()
            if len(table) == ROWS:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(TABLE)
    assert not path.exists()
    old = pa.array([-62_200_000_000] * 5, pa.timestamp("s", "Europe/Berlin"))
    other = plain(TABLE).slice(0, 5).set_column(2, "c", pa.array(["other"] * 5))
    with pytest.raises(InputError, match=r"other values than its categories|9999"):
        write(other.set_column(3, "d", old))
    assert not path.exists()


def test_other_columns_than_its_schema_says(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    metadata = table_files.write(TABLE, path)
    table_files.write(TABLE.rename_columns(["n", "t", "c", "e"]), path)
    with pytest.raises(InputError, match=r"columns \['n', .*'e'\], its schema has .*'d'\]"):
        table_files.read(path, metadata)


def test_wide_tables_are_handled_in_fewer_rows() -> None:
    narrow = pa.schema([("a", pa.int64()), ("b", pa.bool_()), ("t", pa.string())])
    wide = pa.schema([(f"c{n}", pa.float64()) for n in range(1000)])
    very_wide = pa.schema([(f"c{n}", pa.list_(pa.float64())) for n in range(100_000)])
    assert writer.block_rows(narrow) == 2**17
    assert writer.block_rows(wide) == 2**26 // 8000
    assert writer.block_rows(very_wide) == 1024
