"""Cleaning on hand-made tables."""

import pyarrow as pa
import pytest

from pipeline.errors import InputError
from preprocess import clean

TABLE = pa.table(
    {"a": ["x", "y", "x", None, None], "n": [1, 2, 1, 3, 3], "c": ["k"] * 5},
)


def test_the_first_of_equal_rows_stays_in_its_place() -> None:
    table = pa.table({"a": ["x", "x", "y", "x", "z"], "n": [1, 1, 2, None, 4]})
    assert clean.drop_duplicates(table).to_pylist() == [
        {"a": "x", "n": 1}, {"a": "y", "n": 2}, {"a": "x", "n": None}, {"a": "z", "n": 4}
    ]  # fmt: skip


def test_missing_values_are_equal_and_counted() -> None:
    table, counts = clean.preprocess(TABLE, {"drop_constant": True})
    assert table.to_pylist() == [{"a": "x", "n": 1}, {"a": "y", "n": 2}, {"a": None, "n": 3}]
    assert counts == {"rows_in": 5, "rows_out": 3, "duplicates": 2, "columns_dropped": 1}


def test_text_joins_the_columns_with_missing_as_nothing() -> None:
    config = {"drop_duplicates": False, "text": {"name": "t", "columns": ["a", "c"]}}
    table, _ = clean.preprocess(TABLE, config)
    assert table["t"].to_pylist() == ["x k", "y k", "x k", " k", " k"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ({"name": "t", "columns": ["title"]}, "no column 'title'"),
        ({"name": "t", "columns": ["n"]}, "'n' is int64"),
        ({"name": "a", "columns": ["c"]}, "already has a column 'a'"),
    ],
)
def test_text_refusals(text: dict, word: str) -> None:
    with pytest.raises(InputError, match=word):
        clean.preprocess(TABLE, {"text": text})
