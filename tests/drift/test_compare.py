"""Drift: what must be seen, what must not, and what cannot be."""

import datetime
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import drift as cases
from pipeline.config.checks import Checks
from pipeline.drift import compare as drift
from pipeline.drift.result import CheckResult
from tests import typed
from tests.conftest import ROOT, SAMPLE

X = {"type": "any"}
REAL = os.environ.get("REAL_DATA")


def compare(ours: Any, theirs: Any, **config: Any) -> list[CheckResult]:
    """What is found about one column, missing values aside."""
    found, _ = drift.compare(
        pa.table({"x": ours}), pa.table({"x": theirs}), 0.05, typed.checks(config)
    )
    return [f for f in found if not f.expected.startswith("missing")]


def verdicts(ours: Any, theirs: Any, **config: Any) -> list[str]:
    return [result.verdict for result in compare(ours, theirs, **config)]


@pytest.fixture(scope="module")
def songs() -> tuple[pa.Table, Checks]:
    return cases.songs(ROOT / SAMPLE)


@pytest.mark.parametrize("case", cases.CASES)
def test_what_must_hold(songs: tuple[pa.Table, Checks], case: str) -> None:
    right, failed = cases.caught(*songs, case)
    assert right, failed


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="REAL_DATA does not name the real table")
@pytest.mark.parametrize("case", cases.CASES)
def test_what_must_hold_on_the_real_table(case: str) -> None:
    right, failed = cases.caught(*cases.songs(Path(str(REAL))), case)
    assert right, failed


@pytest.mark.parametrize("rows", [50, 1000])
@pytest.mark.slow
def test_false_alarms(songs: tuple[pa.Table, Checks], rows: int) -> None:
    """benchmarks/drift.py counts 1,000 pairs of each size; 3 of 60 are allowed."""
    assert cases.false_alarms(*songs, rows, 60) <= 3


RNG = np.random.default_rng(0)
NORMAL = RNG.normal(5, 2, 3000)
WORDS = np.array(["a", "b", "c"])[RNG.integers(0, 3, 3000)].tolist()


def test_numbers() -> None:
    assert verdicts(NORMAL + 0.5, NORMAL) == ["failed"]
    assert verdicts(NORMAL + 0.5, NORMAL, drift={"numeric": 0.5}) == ["passed"]
    assert verdicts(NORMAL + 0.5, NORMAL, columns={"x": X | {"drift": 0.5}}) == ["passed"]
    many = RNG.normal(5, 2, 20_000)
    assert verdicts(many + 0.1, many) == ["passed"]  # seen, but small
    assert verdicts(many + 0.1, many, columns={"x": X | {"drift": 0.01}}) == ["failed"]
    assert verdicts(NORMAL[:20] + 0.5, NORMAL) == ["passed"]  # large, but few rows
    (found,) = compare(NORMAL * 3, NORMAL)  # as wide again twice
    assert found.expected == "values within 0.1 standard deviations"
    assert found.verdict == "failed"


def test_what_could_have_been_seen_is_said() -> None:
    table, reference = pa.table({"x": NORMAL[:400]}), pa.table({"x": NORMAL[400:]})
    (found, _), rows = drift.compare(table, reference, 0.05, Checks())
    values, missing = rows
    shift = values["smallest_shift"]
    assert f"smallest that shows: {shift:.3g} in its unit" in found.seen
    for factor, verdict in ((1.1, "failed"), (0.9, "passed")):
        ideal = np.quantile(NORMAL[400:], (np.arange(400) + 0.5) / 400) + factor * shift
        (again, _), _ = drift.compare(pa.table({"x": ideal}), reference, 0.05, Checks())
        assert again.verdict == verdict
    assert missing["test"] == "missing: Fisher"
    assert set(values) == {"column", "test", "statistic", "p", "p_holm", "effect", "threshold",
                           "smallest_shift", "verdict"}  # fmt: skip


def test_categories() -> None:
    other = ["a" if n % 5 == 0 else word for n, word in enumerate(WORDS)]
    assert verdicts(WORDS, WORDS) == ["passed", "passed"]
    assert verdicts(other, WORDS) == ["failed", "passed"]  # moved, no share halved or doubled
    assert verdicts(other, WORDS, columns={"x": X | {"drift": 0.2}}) == ["passed", "passed"]
    new = ["z" if n % 100 == 0 else word for n, word in enumerate(WORDS)]
    values, shares = compare(new, WORDS)
    assert (values.verdict, shares.verdict) == ("passed", "failed")
    assert shares.seen.startswith("'z' 0.00% → 1.00% (p ")


@pytest.mark.parametrize(
    "change",
    [
        lambda words: pa.array(words).dictionary_encode(),
        lambda words: pa.array(words, pa.large_string()),
        lambda words: [ord(word) for word in words],
        lambda words: [Decimal(ord(word)) for word in words],
        lambda words: pa.array([float(ord(word)) for word in words], pa.float32()),
        lambda words: [word == "a" for word in words],
    ],
)
def test_what_counts_as_categories(change: Any) -> None:
    less = [word for n, word in enumerate(WORDS) if word != "a" or n % 3 == 0]
    values, shares = compare(change(less), change(WORDS))
    assert (values.verdict, shares.verdict) == ("failed", "failed")
    assert "total variation" in values.expected


def test_categories_of_one_value() -> None:
    assert verdicts(["a"] * 100, ["a"] * 100) == ["passed"]  # shares only
    (shares,) = compare(["b"] * 100, ["b"] * 100)
    assert shares.seen.startswith("'b' 100.00% → 100.00%")
    assert "failed" in verdicts(["b"] * 100, ["a"] * 100)
    assert "failed" in verdicts([0.0] * 100, [1.0] * 100)


def test_free_text_is_not_compared() -> None:
    (found,) = compare([f"w{n}" for n in range(100)], [f"w{n + 50}" for n in range(100)])
    assert found.verdict == "skipped"
    assert found.seen == "free text, or too few rows: 100% of the rows hold rare values"


DAYS = [datetime.date(2026, 1, 1)] * 9


@pytest.mark.parametrize("values", [DAYS, [[1]] * 9, [{"a": 1}] * 9, [b"x"] * 9])
def test_other_values_are_not_compared(values: list[Any]) -> None:
    assert verdicts(values, values) == ["skipped"]


def test_missing_values() -> None:
    def missing(ours: int, theirs: int, **config: Any) -> str:
        columns = [[None] * n + [1.0] * (1000 - n) for n in (ours, theirs)]
        tables = [pa.table({"x": pa.array(c, pa.float64())}) for c in columns]
        found, _ = drift.compare(*tables, 0.05, typed.checks(config))
        (one,) = (f for f in found if f.expected.startswith("missing"))
        return one.verdict

    assert missing(210, 210) == "passed"
    assert missing(400, 210) == "failed"
    assert missing(210, 400) == "failed"
    assert missing(250, 210) == "passed"  # by less than 0.05
    assert missing(400, 210, drift={"missing": 0.2}) == "passed"
    assert missing(1000, 0) == missing(0, 1000) == "failed"
    assert missing(1000, 1000) == missing(0, 0) == "passed"


def test_nan_is_missing() -> None:
    gaps = np.where(np.arange(3000) % 2 == 0, np.nan, NORMAL)
    found, _ = drift.compare(pa.table({"x": gaps}), pa.table({"x": NORMAL}), 0.05, Checks())
    assert [f.verdict for f in found] == ["passed", "failed"]


def test_columns_of_one_side_and_of_other_kinds() -> None:
    table = pa.table({"a": [1, 2], "b": ["x", "y"], "new": [1, 2], "n": pa.nulls(2), "f": [1, 2]})
    reference = pa.table({"a": ["x", "y"], "b": ["x", "y"], "gone": [1, 2], "n": [1, 2],
                          "f": [1.0, 2.0]})  # fmt: skip
    found, _ = drift.compare(table, reference, 0.05, Checks())
    failed = {f.column: f.seen for f in found if f.verdict == "failed"}
    assert failed == {"a": "int64", "gone": "absent"}
    (new,) = (f for f in found if f.column == "new")
    assert (new.verdict, new.seen) == ("skipped", "not in it")


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_tables_of_few_rows(rows: int) -> None:
    large = pa.table({"n": NORMAL, "t": WORDS, "b": [True] * 3000})
    small = large.slice(0, rows)
    for pair in ((small, small), (small, large), (large, small)):
        found, _ = drift.compare(*pair, 0.05, Checks())
        assert "failed" not in {f.verdict for f in found}


def test_infinities_are_numbers_too() -> None:
    infinite = np.concatenate([NORMAL, [np.inf] * 300])
    assert verdicts(infinite, infinite) == ["passed"]
    found, rows = drift.compare(pa.table({"x": infinite}), pa.table({"x": NORMAL}), 0.05, Checks())
    assert found[0].verdict == "failed"
    assert rows[0]["effect"] is None  # JSON has no infinity


VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.floats(width=32)), max_size=40),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=40),
    st.lists(st.one_of(st.none(), st.booleans()), max_size=40),
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=40),
)


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_a_column_never_differs_from_itself(values: list[Any]) -> None:
    table = pa.table({"x": values})
    found, rows = drift.compare(table, table, 0.05, Checks())
    assert "failed" not in {f.verdict for f in found}
    assert all(row["p"] == 1.0 for row in rows)


def test_many_rows() -> None:
    rng = np.random.default_rng(0)
    words = [str(n) for n in range(50)]
    codes = pa.DictionaryArray.from_arrays(rng.integers(0, 50, 500_000), words)
    table = pa.table({"n": rng.normal(size=500_000), "t": codes})
    found, _ = drift.compare(table, table.slice(0, 200_000), 0.05, Checks())
    assert {f.verdict for f in found} == {"passed"}


def test_what_is_given_is_not_changed() -> None:
    table, checks = pa.table({"x": NORMAL}), typed.checks({"columns": {"x": X | {"drift": 0.5}}})
    before = NORMAL.copy()
    drift.compare(table, table, 0.05, checks)
    assert np.array_equal(before, NORMAL)
    assert checks == typed.checks({"columns": {"x": X | {"drift": 0.5}}})
