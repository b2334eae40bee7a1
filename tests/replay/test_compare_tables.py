"""Two tables compared: equal in whatever bytes, or where they differ first and by how much."""

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.replay import compare
from pipeline.replay.compare import DIFFERS, EQUAL
from pipeline.tables import table_files

NAN = float("nan")


def compared(old: pa.Table, new: pa.Table) -> tuple[str, str]:
    """Write a table as CSV, the other as Parquet, and compare them."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "old.csv"), Path(folder, "new.parquet")
        return compare.tables(*paths, *map(table_files.write, (old, new), paths))


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ({"a": [1]}, {"b": [1]}, "columns: a, b"),
        ({"a": [1], "b": [1]}, {"a": [1]}, "columns: b"),
        ({"a": [1], "b": [1]}, {"b": [1], "a": [1]}, "columns: in another order"),
        ({"a": [1] * 1234}, {"a": [1]}, "1,234 rows → 1"),
        ({"a": [1]}, {"a": [1.0]}, "column a: int64 → double"),
        ({"a": ["1"]}, {"a": [1]}, "column a: string → int64"),
        ({"a": [1, 2, 3]}, {"a": [1, 5, 1]},
         "column a, row 1: 2 → 5; 2 rows differ, at most by 3"),
        ({"a": [0.1, 2.0]}, {"a": [0.1, 2.0000001]},
         "column a, row 1: 2.0 → 2.0000001; 1 rows differ, at most by 1e-07"),
        ({"a": [1, None, None]}, {"a": [1, 2, None]}, "column a, row 1: None → 2; 1 rows differ"),
        ({"a": [None, 4]}, {"a": [2, 3]},
         "column a, row 0: None → 2; 2 rows differ, at most by 1"),
        ({"a": [None, 1.0]}, {"a": [NAN, 1.0]}, "column a, row 0: None → nan; 1 rows differ"),
        ({"a": ["", "x"]}, {"a": [None, "x"]}, "column a, row 0: '' → None; 1 rows differ"),
        ({"a": ["", None]}, {"a": [None, None]}, "column a: string → null"),
        ({"a": [True], "b": [1], "c": ["x"]}, {"a": [False], "b": [1], "c": ["y"]},
         "column a, row 0: True → False; 1 rows differ; 2 columns differ"),
        ({"a": [NAN, 1.0]}, {"a": [NAN, 3.0]},
         "column a, row 1: 1.0 → 3.0; 1 rows differ, at most by 2"),
    ],
)  # fmt: skip
def test_tables_that_differ(old: dict[str, Any], new: dict[str, Any], detail: str) -> None:
    assert compared(pa.table(old), pa.table(new)) == (DIFFERS, detail)


ROWS = st.tuples(
    st.sampled_from([None, 0.0, 0.1, 5e-324, float("inf")]), st.sampled_from([None, "", "NA", "1"])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=3), st.lists(ROWS, max_size=3))
def test_equal_data_are_equal_in_any_bytes(one: list[Any], other: list[Any]) -> None:
    kinds = pa.schema([("number", pa.float64()), ("text", pa.string())])
    made = [pa.Table.from_pylist([dict(zip(kinds.names, r, strict=True)) for r in rows], kinds)
            for rows in (one, other)]  # fmt: skip
    assert compared(made[0], made[0]) == (EQUAL, "the same table in other bytes")
    assert (compared(*made)[0] == EQUAL) == (one == other)


def test_a_number_that_becomes_nan_differs() -> None:
    verdict, detail = compared(pa.table({"a": [2.0, 1.0]}), pa.table({"a": [NAN, 1.0]}))
    assert verdict == DIFFERS
    assert detail.startswith("column a, row 0: 2.0 → nan; 1 rows differ")
