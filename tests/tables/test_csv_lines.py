"""Rows copied as lines are the rows, whatever quotes and newlines they hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.tables import csv_lines, table_files
from pipeline.tables.numbers import to_arrow

TEXTS = st.none() | st.text(alphabet='a"\n\r,é', max_size=6)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.none() | st.integers(0, 99)), max_size=30)


@pytest.mark.slow
@given(rows=ROWS, block=st.integers(1, 40), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=150)
def test_lines_are_rows(tmp_path_factory: Any, rows: Any, block: int, seed: int) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    kinds = [pa.string(), pa.string(), pa.int64()]
    arrays = [pa.array(c, k) for c, k in zip(columns, kinds, strict=True)]
    table = pa.table(arrays, names=["a\n", '"b"', "n"])
    folder = tmp_path_factory.mktemp("lines")
    source = table_files.Source(folder / "t.csv", table_files.write(table, folder / "t.csv"))
    assert source.has_lines
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_lines, "BLOCK", block)
        pieces = list(source.lines())
    assert sum(map(len, pieces)) == len(rows)
    parsed = [source.parsed(piece) for piece in pieces if len(piece)]
    assert pa.concat_tables([*parsed, table.slice(0, 0)]).equals(table)
    # In another order they are what the table in that order is as a file.
    order = to_arrow(np.random.default_rng(seed).permutation(len(rows)))
    with table_files.Writer(folder / "lines.csv", source.schema) as writer:
        if rows:
            writer.write_lines(pa.concat_tables(pieces).take(order))
    assert writer.metadata == table_files.write(table.take(order), folder / "table.csv")
    assert (folder / "lines.csv").read_bytes() == (folder / "table.csv").read_bytes()


def test_an_empty_line_is_a_row(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([None, 1, None, None])})
    source = table_files.Source(tmp_path / "t.csv", table_files.write(table, tmp_path / "t.csv"))
    (lines,) = source.lines()
    assert lines["line"].to_pylist() == [b"\n", b"1\n", b"\n", b"\n"]
    assert source.parsed(lines).equals(table)


def test_a_file_that_ends_within_a_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    source = table_files.Source(path, table_files.write(pa.table({"a": ["x", "y"]}), path))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match=r"t\.csv cannot be read as a table: it ends within a row"):
        list(source.lines())


def test_only_csv_of_this_project_has_lines(tmp_path: Path) -> None:
    table = pa.table({"a": [1]})
    parquet = table_files.Source(
        tmp_path / "t.parquet", table_files.write(table, tmp_path / "t.parquet")
    )
    table_files.write(table, tmp_path / "t.csv")
    assert not parquet.has_lines
    assert not table_files.Source(tmp_path / "t.csv").has_lines  # nobody says what its types are
