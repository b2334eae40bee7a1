"""Cleaning on hand-made tables."""

import datetime
import itertools
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from preprocess import clean
from preprocess.rows import Rows
from preprocess.said import many_dropped
from preprocess.survey import survey

TABLE = pa.table(
    {"a": ["x", "y", "x", None, None], "n": [1, 2, 1, 3, 3], "c": ["k"] * 5},
)


def refused(text: str, call: Any, *given: Any) -> None:
    with pytest.raises(InputError) as caught:
        call(*given)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def without_duplicates(table: pa.Table) -> pa.Table:
    return clean.preprocess(table, {})[0]


def without_constants(table: pa.Table) -> pa.Table:
    return clean.preprocess(table, {"drop_duplicates": False, "drop_constant": True})[0]


def test_the_first_of_equal_rows_stays_in_its_place() -> None:
    table = pa.table({"a": ["x", "x", "y", "x", "z"], "n": [1, 1, 2, None, 4]})
    assert without_duplicates(table).to_pylist() == [
        {"a": "x", "n": 1}, {"a": "y", "n": 2}, {"a": "x", "n": None}, {"a": "z", "n": 4}
    ]  # fmt: skip


def test_many_equal_rows_are_told_with_the_option_that_keeps_them() -> None:
    survey = pa.table({"sex": ["m", "f"] * 50, "smokes": ["yes", "no"] * 50})
    told = many_dropped(clean.preprocess(survey, {})[1])
    assert told == (
        "98 of 100 rows (98.0%) equal others in every column and are dropped: 2 distinct rows are "
        "left; data.preprocess.drop_duplicates=false keeps them all"
    )
    kept, counts = clean.preprocess(survey, {"drop_duplicates": False})
    assert (kept.num_rows, many_dropped(counts)) == (100, None)


@pytest.mark.parametrize(("equal", "told"), [(0, False), (20, False), (21, True)])
def test_a_few_equal_rows_are_not_worth_a_word(equal: int, told: bool) -> None:
    values = [*range(100 - equal), *[0] * equal]
    counts = clean.preprocess(pa.table({"n": values}), {})[1]
    assert (many_dropped(counts) is not None) is told


ROWS = st.tuples(
    st.sampled_from(["", "a", "A", "a ", None]),
    st.sampled_from([0.0, -0.0, 1.5, None]),
    st.sampled_from([True, False, None]),
    st.sampled_from([0, 2**62, 2**62 + 1]),
)


@pytest.mark.slow
@given(rows=st.lists(ROWS, max_size=40), cut=st.integers(0, 40))
def test_the_same_rows_as_pandas(rows: list[tuple[Any, ...]], cut: int) -> None:
    types = [pa.string(), pa.float64(), pa.bool_(), pa.int64()]
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)]
    table = pa.table([*columns], names=["row", "1", "0", "n"])  # names as the code has inside
    table = pa.concat_tables([table.slice(0, cut), table.slice(cut)])  # in pieces
    frame = table.to_pandas()
    kept = frame.index[~frame.duplicated()]
    assert without_duplicates(table).equals(table.take(pa.array(kept, pa.int64())))
    assert without_duplicates(without_duplicates(table)).num_rows == len(kept)


@pytest.mark.slow
@given(rows=st.lists(ROWS, max_size=40), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_the_pieces_do_not_matter(rows: list[tuple[Any, ...]], cuts: list[int]) -> None:
    types = [pa.string(), pa.float64(), pa.bool_(), pa.int64()]
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)]
    table = pa.table([*columns, pa.nulls(len(rows))], names=["a", "b", "c", "d", "e"])
    ends = [0, *sorted(cuts), len(rows)]
    pieces = [table.slice(a, max(b - a, 0)) for a, b in itertools.pairwise(ends)]
    config = {"drop_constant": True, "text": {"name": "t", "columns": ["a"]}}
    if len({row[0] for row in rows}) < 2:
        config["text"] = None  # the column is constant
    made = Rows(table.schema, config).made
    known = survey(lambda: pieces, config, made)
    found = list(clean.cleaned(lambda: pieces, known, config, made))
    whole, counts = clean.preprocess(table, config)
    assert known.counts == counts
    assert pa.concat_tables(found).equals(whole)
    assert clean.schema_after(table.schema, known, config) == whole.schema
    frame = table.to_pandas().drop_duplicates()
    constant = [n for n in "abcde" if len(frame[n].unique()) < 2]
    assert counts["columns_dropped"] == len(constant) * bool(rows)
    assert [n for n in "abcde" if n not in whole.column_names] == constant * bool(rows)


@pytest.mark.parametrize(
    "values",
    [
        pa.nulls(3),
        pa.array(["a", "a", "b"]).dictionary_encode(),
        pa.array([float("nan"), float("nan"), None]),
        pa.array([0.0, -0.0, 1.0], pa.float32()),
        pa.array([0.0, -0.0, 1.0], pa.float16()),
        pa.array([Decimal("1.0"), Decimal("1.0"), Decimal("1.1")]),
        pa.array([datetime.datetime(2020, 1, 1)] * 2 + [None]),
        pa.array([b"a", b"a", b"b"]),
        pa.array(["a", "a", "b"], pa.large_string()),
    ],
    ids=lambda values: str(values.type),
)
def test_types_of_columns(values: pa.Array) -> None:
    table = pa.table({"v": values, "k": [1] * 3})
    distinct = 1 if pa.types.is_null(values.type) else 2
    rows = without_duplicates(table)
    assert rows.schema == table.schema
    assert rows.num_rows == distinct
    assert without_constants(table).column_names == ["v"] * (distinct - 1)


def test_categories_of_several_pieces() -> None:
    pieces = [pa.array(piece).dictionary_encode() for piece in (["a", "b"], ["b", "c"])]
    table = pa.table({"v": pa.chunked_array(pieces)})
    assert without_duplicates(table)["v"].to_pylist() == ["a", "b", "c"]
    assert without_constants(table).column_names == ["v"]


@pytest.mark.parametrize("values", [[[1], [1]], [{"a": 1}, {"a": 1}]])
def test_values_that_cannot_be_compared(values: list[Any]) -> None:
    table = pa.table({"v": values})
    refused("the values of 'v'", without_duplicates, table)
    refused(
        "data.preprocess.drop_duplicates=false (and drop_constant=false)", without_constants, table
    )
    assert clean.preprocess(table, {"drop_duplicates": False})[0].equals(table)


def test_missing_values_are_equal_and_counted() -> None:
    table, counts = clean.preprocess(TABLE, {"drop_constant": True})
    assert table.to_pylist() == [{"a": "x", "n": 1}, {"a": "y", "n": 2}, {"a": None, "n": 3}]
    assert counts == {"rows_in": 5, "rows_out": 3, "duplicates": 2, "columns_dropped": 1}


def test_constant_columns() -> None:
    table = pa.table({"k": ["k", "k"], "m": [None, None], "s": [None, "k"], "n": [2, 1]})
    assert without_constants(table).equals(table.select(["s", "n"]))
    one = table.slice(0, 1)
    assert without_constants(one).num_columns == 0


def test_constant_only_once_the_duplicates_are_gone() -> None:
    table, counts = clean.preprocess(
        pa.table({"a": [1, 1], "b": [2, 2]}), {"drop_constant": True, "drop_duplicates": True}
    )
    assert table.num_columns == 0
    assert counts["columns_dropped"] == 2


def test_text_joins_the_columns_with_missing_as_nothing() -> None:
    config = {"drop_duplicates": False, "text": {"name": "t", "columns": ["a", "c"]}}
    table, counts = clean.preprocess(TABLE, config)
    assert table["t"].to_pylist() == ["x k", "y k", "x k", " k", " k"]
    assert table.column_names == ["a", "n", "c", "t"]
    assert counts == {"rows_in": 5, "rows_out": 5, "duplicates": 0, "columns_dropped": 0}


def test_text_of_every_kind_in_the_order_asked() -> None:
    table = pa.table(
        {
            "d": pa.array(["ä", None]).dictionary_encode(),
            "l": pa.array(["b", "c"], pa.large_string()),
            "m": pa.nulls(2),
        }
    )
    added = clean.add_text(table, "t", ["l", "d", "m", "l"])
    assert added["t"].to_pylist() == ["b ä  b", "c   c"]
    assert added.schema.field("t").type == pa.string()
    assert added.drop_columns("t").equals(table)
    assert clean.add_text(table, "t", ["d"])["t"].to_pylist() == ["ä", ""]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ({"name": "t", "columns": ["title"]}, "no column 'title'; it has a, n, c"),
        ({"name": "t", "columns": ["a", "n"]}, "'n' is int64, it must be text"),
        ({"name": "a", "columns": ["c"]}, "already has a column 'a'"),
        ({"name": "t", "columns": []}, "it is empty"),
    ],
)
def test_text_refusals(text: dict[str, Any], word: str) -> None:
    refused(word, clean.preprocess, TABLE, {"text": text})


def test_what_is_given_is_not_changed() -> None:
    before = pa.table({name: pa.array(TABLE[name].to_pylist()) for name in TABLE.column_names})
    config = {"drop_constant": True, "text": {"name": "t", "columns": ["a"]}}
    clean.preprocess(TABLE, config)
    assert TABLE.equals(before)
    assert config == {"drop_constant": True, "text": {"name": "t", "columns": ["a"]}}


def test_a_table_without_rows() -> None:
    table = TABLE.slice(0, 0)
    assert clean.preprocess(table, {})[0].equals(table)
