"""Equal rows have equal digests, other rows other ones, however the table is cut."""

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.tables import row_digests

NAN = float("nan")
TEXTS = st.text(max_size=20) | st.sampled_from(["", "a" * 255, "a" * 256, "a" * 257, "b" * 300])
VALUES = {
    pa.string(): TEXTS,
    pa.large_string(): TEXTS,
    pa.binary(): st.binary(max_size=20),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint8(): st.integers(0, 255),
    pa.float64(): st.floats(allow_nan=False),
    pa.float32(): st.floats(allow_nan=False, width=32),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    pa.timestamp("us"): st.datetimes(),
    pa.time64("us"): st.times(),
    pa.decimal128(30, 3): st.integers(-(10**25), 10**25).map(lambda n: Decimal(n) / 1000),
    pa.decimal256(50, 3): st.integers(-(10**45), 10**45).map(lambda n: Decimal(n).scaleb(-3)),
    pa.binary(5): st.binary(min_size=5, max_size=5),
}


@given(st.data(), st.sampled_from(list(VALUES)))
@settings(deadline=None, max_examples=200)
def test_digests_are_equal_where_values_are(data: Any, kind: pa.DataType) -> None:
    some = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=6))
    assume(None not in some or int(row_digests.MISSING) not in some)  # the one that stands for it
    drawn = data.draw(st.lists(st.sampled_from(some), min_size=1, max_size=30))
    values = pa.array(drawn, kind).to_pylist()
    cut = data.draw(st.integers(0, len(drawn)))
    whole = pa.array([None, *drawn], kind)
    column = pa.chunked_array([whole.slice(1, cut), whole.slice(1 + cut)])
    digests = row_digests.of_column(column, "x").tolist()
    assert digests == row_digests.of_column(pa.chunked_array([pa.array(drawn, kind)]), "x").tolist()
    assert len(digests) == len(values)
    pairs = {(v, d) for v, d in zip(values, digests, strict=True)}
    assert len(pairs) == len(set(values)) == len(set(digests))


@given(a=TEXTS, b=TEXTS)
@example("ab", "c")
@settings(deadline=None)
def test_the_border_between_columns_counts(a: str, b: str) -> None:
    table = pa.table({"x": [a, a + b, b], "y": [b, "", a]})
    digests = row_digests.of_rows(table, ["x", "y"])
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert len(set(digests.tolist())) == len(set(rows))


def test_missing_nan_zero_and_categories() -> None:
    column = pa.chunked_array([pa.array([None, NAN, -NAN, 0.0, -0.0])])
    missing, nan, other_nan, zero, minus = row_digests.of_column(column, "x")
    assert (nan, zero) == (other_nan, minus)
    assert len({missing, nan, zero}) == 3
    text = pa.chunked_array([["b", "a", None, ""]])
    categories = text.dictionary_encode()
    assert (
        row_digests.of_column(categories, "x").tolist() == row_digests.of_column(text, "x").tolist()
    )
    assert row_digests.of_column(text, "x")[3] == row_digests.EMPTY_TEXT
    assert len(set(row_digests.of_column(pa.chunked_array([pa.nulls(3)]), "x"))) == 1


def test_another_salt_is_another_function() -> None:
    table = pa.table({"n": range(100), "t": [f"t{n}" for n in range(100)],
                      "d": [datetime.date(2026, 1, 1)] * 100})  # fmt: skip
    digests = [row_digests.of_rows(table, table.column_names, salt) for salt in (0, 1, 0)]
    assert np.array_equal(digests[0], digests[2])
    assert not set(digests[0]) & set(digests[1])


def test_all_bits_are_used() -> None:
    """Of near values every bit of the digest is set about half the time."""
    columns = {"n": pa.array(range(20_000)), "t": pa.array([f"{n}" for n in range(20_000)])}
    for name, values in columns.items():
        digests = row_digests.of_column(pa.chunked_array([values]), name)
        bits = np.unpackbits(digests.view(np.uint8)).reshape(-1, 64).mean(axis=0)
        assert np.abs(bits - 0.5).max() < 0.02
        assert len(set(digests.tolist())) == 20_000


def test_values_that_cannot_be_compared() -> None:
    with pytest.raises(InputError, match=r"values of 'l' \(list<item: int64>\) cannot be compared"):
        row_digests.of_rows(pa.table({"l": [[1]]}), ["l"])
