"""A CSV file read piece by piece has the types and values that pyarrow finds in the whole of it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import csv

from pipeline.errors import InputError
from pipeline.tables import chunks, csv_types
from pipeline.tables.external_chunks import TypedSource
from pipeline.tables.reading.dialect import MISSING

PARSE = csv.ParseOptions(newlines_in_values=True)


def whole(path: Path) -> pa.Table:
    """Read the file at once: types as inferred from all rows, then the texts as they stand."""
    loose = csv.ConvertOptions(null_values=MISSING, quoted_strings_can_be_null=True)
    table = csv.read_csv(path, parse_options=PARSE, convert_options=loose)
    for name in [field.name for field in table.schema if pa.types.is_string(field.type)]:
        exact = csv.ConvertOptions(
            null_values=("",), strings_can_be_null=True, quoted_strings_can_be_null=False,
            include_columns=[name], column_types={name: pa.string()},
        )  # fmt: skip
        column = csv.read_csv(path, parse_options=PARSE, convert_options=exact)[name]
        table = table.set_column(table.column_names.index(name), name, column)
    return table


SAMPLES = [
    ["1", "0", "-7", '"12"', " 3"],
    ["true", "false", "0", "1", "True"],
    ["2026-01-01", "1970-12-31"],
    ["10:00", "23:59:59", "10:00:00"],
    ["2026-01-01 10:00:00", "2026-01-01T10:00", "2026-01-01"],
    ["2026-01-01 10:00:00.5", "2026-01-01 10:00:00"],
    ["2026-01-01T10:00:00Z", "2026-01-01 10:00:00+02:00", "2026-01-01"],
    ["2026-01-01T10:00:00.25Z", "2026-01-01 10:00:00-0130"],
    ["1.5", "-0.0", "1e9", "inf", "7", "nan"],
    ["x", "", '""', "1", '"a ""b"", c"', '"two\nlines"', "é"],
    ["NA", "", "null", '""', '"NaN"', "None"],
]
CELLS = st.sampled_from(SAMPLES).flatmap(
    lambda sample: st.lists(
        st.sampled_from(sample) | st.sampled_from(SAMPLES[-1][:3]), min_size=24, max_size=24
    )
)
ODD = st.none() | st.tuples(st.integers(0, 23), st.sampled_from([s[0] for s in SAMPLES]))


@pytest.mark.slow
@given(
    columns=st.lists(st.tuples(CELLS, ODD), min_size=1, max_size=4),
    rows=st.integers(1, 24),
    block=st.integers(60, 300),
    piece=st.integers(1, 30),
)
@example([(["1"] * 23 + ["x"], None)], 24, 60, 3)
@example([(["1"] * 23 + ["1.5"], None), (["0"] * 23 + ["true"], None)], 24, 60, 3)
@settings(deadline=None, max_examples=100)
def test_types_and_values_are_those_of_the_whole_file(
    tmp_path_factory: Any, columns: list[Any], rows: int, block: int, piece: int
) -> None:
    cells = [list(column) for column, _ in columns]
    for column, (_, odd) in zip(cells, columns, strict=True):
        if odd:
            column[odd[0]] = odd[1]
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    names = "abcd"[: len(cells)]
    lines = [",".join([f"{n}", *row]) for n, row in enumerate(zip(*cells, strict=True))]
    path.write_text("\n".join([",".join(["n", *names]), *lines[:rows]]) + "\n", encoding="utf-8")
    expected = whole(path)
    with pytest.MonkeyPatch.context() as patch:
        for module in (chunks, csv_types):
            patch.setattr(module, "FIRST_BLOCK", block)
        patch.setattr(chunks, "PIECE", piece)
        source = TypedSource(path, "t.csv")
        assert source.schema == expected.schema
        assert source.read().equals(expected)


@pytest.mark.parametrize("late", ["x", "1.5"])
def test_what_is_refused_late(late: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (chunks, csv_types):
        monkeypatch.setattr(module, "FIRST_BLOCK", 100)
    path = tmp_path / "t.csv"
    rows = b"a,b\n" + b"1,2\n" * 500
    path.write_text(f"{rows.decode()}{late},2\n")
    source = TypedSource(path, "t.csv")
    assert source.read()["a"][500].as_py() == (late if late == "x" else 1.5)
    assert ["'x' among them" in line for line in source.said] == [True] * (late == "x")
    path.write_bytes(rows + late.encode() + b",2,3\n")
    with pytest.raises(InputError, match=r"Row #502: Expected 2 columns, got 3"):
        TypedSource(path, "t.csv").read()


def test_a_row_longer_than_the_first_block(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "x" * 3_000_000 + ",1\n", encoding="utf-8")
    table = TypedSource(path, "t.csv").read()
    assert table["b"].to_pylist() == [1]
