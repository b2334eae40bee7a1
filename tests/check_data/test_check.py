"""The checks on hand-made tables, and pytest's part in them."""

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from check_data import check, suite

TABLE = pa.table({"n": [1, 2, None, 4], "f": [0.5, 0.1, 0.2, 0.9], "c": ["a", "b", "a", None]})
GOOD = {
    "min_rows": 4,
    "columns": {
        "n": {"type": "integer", "min": 1, "max": 4, "max_missing": 0.25},
        "f": {"type": "number", "min": 0.1, "max": 0.9},
        "c": {"type": "text", "allowed": ["a", "b"], "max_missing": 0.25},
    },
}


def failed(table: pa.Table, expectations: dict[str, Any]) -> list[tuple[str, str]]:
    found = check.findings(table, expectations)
    return [(f.check, f.column) for f in found if f.verdict == "failed"]


def test_a_good_table_passes_at_the_very_bounds() -> None:
    assert failed(TABLE, GOOD) == []


@pytest.mark.parametrize(
    ("column", "change", "check_name"),
    [
        ("n", {"max": 3}, "range"),
        ("n", {"min": 2}, "range"),
        ("n", {"max_missing": 0.2}, "missing"),
        ("n", {"type": "text"}, "type"),
        ("f", {"type": "integer"}, "type"),
        ("c", {"allowed": ["a"]}, "values"),
        ("c", {"type": "date"}, "type"),
    ],
)
def test_each_check_fails(column: str, change: dict[str, Any], check_name: str) -> None:
    expected = {**GOOD, "columns": {**GOOD["columns"], column: GOOD["columns"][column] | change}}
    assert failed(TABLE, expected) == [(check_name, column)]


def test_rows_and_columns() -> None:
    assert failed(TABLE, {**GOOD, "min_rows": 5}) == [("rows", "")]
    assert failed(TABLE.drop_columns("f"), GOOD) == [("column", "f")]
    assert failed(TABLE.append_column("x", TABLE["f"]), GOOD) == [("column", "x")]
    assert failed(pa.table({"f": [0.5, float("nan")]}), {"columns": {"f": {"max": 1}}}) == [
        ("range", "f")
    ]
    dates = pa.table({"d": [datetime.date(2026, 1, 1)]})
    assert failed(dates, {"columns": {"d": {"type": "date"}}}) == []


def test_drift() -> None:
    rng = np.random.default_rng(0)
    reference = pa.table({"same": rng.normal(size=2000), "moved": rng.normal(size=2000)})
    sample = pa.table({"same": rng.normal(size=2000), "moved": rng.normal(0.5, size=2000)})
    verdicts = {f.column: f.verdict for f in check.drift(sample, reference, 0.05)}
    assert verdicts == {"same": "passed", "moved": "failed"}


def test_pytest_reports_every_finding() -> None:
    found = list(check.findings(TABLE, {**GOOD, "min_rows": 9}))
    assert suite.run(TABLE, None, found) == found


def test_own_tests_of_the_user_are_run(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "test_data.py"
    own.write_text(
        suite.TESTS.read_text()
        + "\ndef test_own(sample):\n    assert sample.num_rows > 100, 'too few'\n"
        + "\ndef test_fine(sample, reference):\n    assert reference is None\n"
    )
    monkeypatch.setattr(suite, "TESTS", own)
    found = list(check.findings(TABLE, GOOD))
    *given, bad, good = suite.run(TABLE, None, found)
    assert given == found
    assert (bad.check, bad.verdict) == ("test_own", "failed")
    assert (good.check, good.verdict) == ("test_fine", "passed")
