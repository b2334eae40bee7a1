"""The checks on hand-made tables."""

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from check_data import check
from check_data.check import Finding
from pipeline.errors import InputError

TABLE = pa.table({"n": [1, 2, None, 4], "f": [0.5, 0.1, 0.2, 0.9], "c": ["a", "b", "a", None]})
GOOD = {
    "min_rows": 4,
    "columns": {
        "n": {"type": "integer", "min": 1, "max": 4, "max_missing": 0.25},
        "f": {"type": "number", "min": 0.1, "max": 0.9},
        "c": {"type": "text", "allowed": ["a", "b"], "max_missing": 0.25},
    },
}
DAY = datetime.date(2026, 1, 1)


def failed(table: pa.Table, expectations: dict[str, Any]) -> list[tuple[str, str]]:
    found = check.findings(table, expectations)
    return [(f.check, f.column) for f in found if f.verdict == "failed"]


def about(values: Any, **expected: Any) -> list[Finding]:
    """What is found about one column, its presence aside."""
    found = check.findings(pa.table({"x": values}), {"columns": {"x": expected}})
    return [f for f in found if f.column == "x"][1:]


def test_a_good_table_passes_at_the_very_bounds() -> None:
    assert failed(TABLE, GOOD) == []


def test_every_check_is_a_finding() -> None:
    found = [(f.check, f.column, f.expected, f.seen) for f in check.findings(TABLE, GOOD)]
    assert found == [
        ("rows", "", "at least 4", "4"),
        ("column", "n", "present", "present"),
        ("type", "n", "integer", "int64"),
        ("missing", "n", "at most 25.00%", "25.00%"),
        ("range", "n", "1 to 4", "1 to 4"),
        ("column", "f", "present", "present"),
        ("type", "f", "number", "double"),
        ("missing", "f", "at most 0.00%", "0.00%"),
        ("range", "f", "0.1 to 0.9", "0.1 to 0.9"),
        ("column", "c", "present", "present"),
        ("type", "c", "text", "string"),
        ("missing", "c", "at most 25.00%", "25.00%"),
        ("values", "c", "one of ['a', 'b']", "only these"),
    ]


@pytest.mark.parametrize(
    ("column", "change", "check_name"),
    [
        ("n", {"max": 3}, "range"),
        ("n", {"min": 2}, "range"),
        ("n", {"max_missing": 0.2}, "missing"),
        ("n", {"type": "text"}, "type"),
        ("f", {"type": "integer"}, "type"),
        ("f", {"min": 0.11, "max": None}, "range"),
        ("c", {"allowed": ["a"]}, "values"),
        ("c", {"allowed": []}, "values"),
        ("c", {"type": "date"}, "type"),
        ("c", {"min": 0}, "range"),
    ],
)
def test_each_check_fails(column: str, change: dict[str, Any], check_name: str) -> None:
    expected = {**GOOD, "columns": {**GOOD["columns"], column: GOOD["columns"][column] | change}}
    assert failed(TABLE, expected) == [(check_name, column)]


def test_rows_and_columns() -> None:
    assert failed(TABLE, {**GOOD, "min_rows": 5}) == [("rows", "")]
    assert failed(TABLE.drop_columns("f"), GOOD) == [("column", "f")]
    assert failed(TABLE.append_column("x", TABLE["f"]), GOOD) == [("column", "x")]
    assert failed(TABLE, {}) == []  # nothing is said about columns
    assert failed(TABLE.slice(0, 0), {}) == [("rows", "")]
    assert failed(TABLE.slice(0, 0), {**GOOD, "min_rows": 0}) == []


TYPES = {
    "number": [[1], [1.5], [Decimal("1.5")], pa.array([1], pa.uint8())],
    "integer": [[1], pa.array([1], pa.uint8())],
    "text": [["a"], pa.array(["a"], pa.large_string()), pa.array(["a"]).dictionary_encode()],
    "boolean": [[True]],
    "date": [[DAY], [datetime.datetime(2026, 1, 1)]],
}


@pytest.mark.parametrize("kind", TYPES)
def test_types(kind: str) -> None:
    for values in TYPES[kind]:
        assert about(values, type=kind)[0].verdict == "passed"
    others = {"number": ["a"], "integer": [1.0], "text": [1], "boolean": [1], "date": ["2026"]}
    assert about(others[kind], type=kind)[0].verdict == "failed"
    assert about([None], type=kind)[0].verdict == "failed"


def test_an_unknown_type() -> None:
    with pytest.raises(InputError, match=r"^checks: unknown type 'integr'; did you mean 'integer'"):
        about([1], type="integr")


@pytest.mark.parametrize(
    ("values", "seen", "verdict"),
    [
        ([2**60 + 1], f"{2**60 + 1} to {2**60 + 1}", "passed"),
        (pa.array([1.5], pa.float16()), "1.5 to 1.5", "passed"),
        ([Decimal("0.5"), Decimal("7")], "0.5 to 7.0", "passed"),
        ([0, 1], "0 to 1", "passed"),
        ([-1, 1], "-1 to 1", "failed"),
        ([0.5, float("nan")], "0.5 to 0.5", "passed"),  # NaN is missing, and counts as such
        ([0.5, float("inf")], "0.5 to inf", "failed"),
        (["1"], "string", "failed"),
        ([DAY], "date32[day]", "failed"),
    ],
)
def test_ranges(values: Any, seen: str, verdict: str) -> None:
    found = about(values, min=0, max=2**61)[-1]
    assert (found.check, found.seen, found.verdict) == ("range", seen, verdict)


def test_nothing_to_be_in_a_range() -> None:
    assert [f.check for f in about([None, None], min=0, max_missing=1)] == ["missing"]


def test_values_that_are_not_allowed_are_counted() -> None:
    (_, found) = about(["a", "b", "b", "x"], allowed=["a"])
    assert str(found) == "values x: expected one of ['a'], seen 'b' in 2 rows, 'x' in 1 rows"
    (_, many) = about([str(n) for n in range(50)], allowed=["0"])
    assert many.seen.count(" rows") == 10
    categories = pa.array(["a", "b"]).dictionary_encode()
    assert about(categories, allowed=["b"])[-1].seen == "'a' in 1 rows"
    assert about([DAY], allowed=[DAY])[-1].verdict == "passed"


def test_drift() -> None:
    rng = np.random.default_rng(0)
    reference = pa.table({"same": rng.normal(size=2000), "moved": rng.normal(size=2000)})
    sample = pa.table({"same": rng.normal(size=2000), "moved": rng.normal(0.5, size=2000)})
    verdicts = {f.column: f.verdict for f in check.drift(sample, reference, 0.05)}
    assert verdicts == {"same": "passed", "moved": "failed"}


def test_each_column_has_its_share_of_alpha() -> None:
    table = pa.table({name: range(20) for name in "abc"})
    found = list(check.drift(table, table, 0.05))
    assert [f.column for f in found] == ["a", "b", "c"]
    assert {f.expected for f in found} == {"p above 0.017"}  # 1 - 0.95 ** (1 / 3)
    (alone,) = check.drift(table.select(["a"]), table, 0.05)
    assert str(alone) == "drift a: expected p above 0.05, seen p 1, distance 0.000"


def test_drift_of_missing_values_and_of_columns_on_one_side() -> None:
    left = pa.table({"n": [1, None, 2], "gone": [None, 1.0, 2.0], "t": ["a"] * 3, "new": [1] * 3})
    right = pa.table({"n": [2, 1, None], "gone": pa.nulls(3, pa.float64()), "t": ["b"] * 3})
    number, gone = check.drift(left, right, 0.05)
    assert (number.column, number.verdict) == ("n", "passed")
    assert (gone.column, gone.seen, gone.verdict) == ("gone", "none on one side", "failed")
    assert list(check.drift(left.select(["t"]), right, 0.05)) == []


def test_what_is_given_is_not_changed() -> None:
    before = TABLE.to_pydict()
    list(check.findings(TABLE, GOOD))
    list(check.drift(TABLE, TABLE, 0.05))
    assert TABLE.to_pydict() == before


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
@pytest.mark.parametrize(("most", "verdict"), [(0.6, "passed"), (0.4, "failed"), (None, "failed")])
def test_nan_is_missing(kind: pa.DataType, most: float | None, verdict: str) -> None:
    values = pa.array([1.5, float("nan"), None, 2.5], kind)
    (found,) = (f for f in about(values, max_missing=most) if f.check == "missing")
    assert (found.seen, found.verdict) == ("50.00%", verdict)


@pytest.mark.parametrize("values", [[[1], [2]], [{"a": 1}, {"a": 2}]])
def test_allowed_values_of_a_nested_column(values: list[Any]) -> None:
    found = about(values, allowed=[1])[-1]
    assert (found.check, found.verdict) == ("values", "failed")


def test_allowed_values_of_half_floats() -> None:
    assert about(pa.array([1.5, 2.5], pa.float16()), allowed=[1.5])[-1].seen == "2.5 in 1 rows"
