"""The checks on hand-made tables."""

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from check_data import expectations, verdict
from pipeline.drift.result import CheckResult
from tests import typed

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


def failed(table: pa.Table, expected: dict[str, Any]) -> list[tuple[str, str]]:
    found = expectations.results(table, typed.checks(expected))
    return [(f.check, f.column) for f in found if f.verdict == "failed"]


def about(values: Any, **expected: Any) -> list[CheckResult]:
    """What is found about one column, its presence aside."""
    found = expectations.results(
        pa.table({"x": values}), typed.checks({"columns": {"x": {"type": "any"} | expected}})
    )
    return [f for f in found if f.column == "x"][1:]


@pytest.mark.parametrize("columns", [{}, {"x": {"type": "number", "min": 0}}])
@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()])
def test_infinities_fail_in_any_table(columns: Any, kind: pa.DataType) -> None:
    infinity = float("inf")
    values = pa.array([1.0, infinity, None, infinity, float("nan")], pa.float64()).cast(kind)
    table = pa.table({"x": pa.chunked_array([values[:2], values[2:]]), "n": range(5)})
    found = list(expectations.results(table, typed.checks({"columns": columns})))
    (result,) = [f for f in found if f.check == "finite"]
    assert str(result) == f"finite x: expected {expectations.NO_INFINITE}, seen 2 rows"
    (allowed,) = [f for f in verdict.warned(found, ["finite x"], "xn") if f.check == "finite"]
    assert (result.verdict, allowed.verdict) == ("failed", "warned")
    good = pa.table({"x": pa.array([1.0, None, float("nan")], kind)})
    checks = [f.check for f in expectations.results(good, typed.checks({}))]
    assert "finite" not in checks
    assert verdict.warned([], ["finite"], "x") == []


def test_a_good_table_passes_at_the_very_bounds() -> None:
    assert failed(TABLE, GOOD) == []


def test_every_check_is_a_finding() -> None:
    found = [
        (f.check, f.column, f.expected, f.seen)
        for f in expectations.results(TABLE, typed.checks(GOOD))
    ]
    assert found == [
        ("rows", "", "at least 4", "4"),
        ("column", "n", "present", "present"),
        ("type", "n", "integer", "int64"),
        ("missing", "n", "at most 25.00%", "25.00%"),
        ("range", "n", "1.0 to 4.0", "1 to 4"),
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
    (found,) = [f for f in about(values, min=0, max=2**61) if f.check == "range"]
    assert (found.seen, found.verdict) == (seen, verdict)


def test_nothing_to_be_in_a_range() -> None:
    (_, _, found) = about([None, None], min=0, max_missing=1)
    assert (found.check, found.seen, found.verdict) == ("range", "no values", "passed")


def test_values_that_are_not_allowed_are_counted() -> None:
    (_, _, found) = about(["a", "b", "b", "x"], allowed=["a"])
    assert str(found) == "values x: expected one of ['a'], seen 'b' in 2 rows, 'x' in 1 rows"
    (_, _, many) = about([str(n) for n in range(50)], allowed=["0"])
    assert many.seen.count(" rows") == 10
    categories = pa.array(["a", "b"]).dictionary_encode()
    assert about(categories, allowed=["b"])[-1].seen == "'a' in 1 rows"


def test_what_is_given_is_not_changed() -> None:
    before = TABLE.to_pydict()
    list(expectations.results(TABLE, typed.checks(GOOD)))
    assert TABLE.to_pydict() == before


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
@pytest.mark.parametrize(("most", "verdict"), [(0.6, "passed"), (0.4, "failed"), (0, "failed")])
def test_nan_is_missing(kind: pa.DataType, most: float, verdict: str) -> None:
    values = pa.array([1.5, float("nan"), None, 2.5], kind)
    (found,) = (f for f in about(values, max_missing=most) if f.check == "missing")
    assert (found.seen, found.verdict) == ("50.00%", verdict)


@pytest.mark.parametrize("values", [[[1], [2]], [{"a": 1}, {"a": 2}]])
def test_allowed_values_of_a_nested_column(values: list[Any]) -> None:
    found = about(values, allowed=[1])[-1]
    assert (found.check, found.verdict) == ("values", "failed")


def test_allowed_values_of_half_floats() -> None:
    assert about(pa.array([1.5, 2.5], pa.float16()), allowed=[1.5])[-1].seen == "2.5 in 1 rows"


NAMES = ["", "*", "^a$", "^a.*$", "a b", "1", "ü\n", "a.b[0]"]


@pytest.mark.parametrize("name", NAMES)
def test_any_column_name(name: str) -> None:
    table = pa.table({name: [1, 9], "abc": ["x", "y"]})
    expected = {"columns": {name: {"type": "number", "max": 5}, "abc": {"type": "text"}}}
    assert failed(table, expected) == [("range", name)]
    assert failed(table.drop_columns(name), expected) == [("column", name)]
    assert failed(table.drop_columns("abc"), expected) == [("range", name), ("column", "abc")]


def test_many_bad_rows_are_one_finding() -> None:
    values = pa.array(range(100_000))
    found = about(values, type="integer", max=-1, allowed=[0])
    assert [f.verdict for f in found] == ["passed", "passed", "failed", "failed"]
    assert len(str(found[-1])) < 400
