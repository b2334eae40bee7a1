"""What a table's columns look like."""

import datetime

import pyarrow as pa
import pytest

from pipeline.report.profile import BINS, profile, shifts

TABLE = pa.table(
    {
        "x": [1.5, 2.0, 3.0, None],
        "key": [0, 3, 3, 0],
        "code": [7, 400, 7, 90000],
        "same": [7, 7, 7, 7],
        "inf": [float("inf"), float("nan"), 0.0, 1.0],
        "nan": [float("nan")] * 4,
        "word": ["b", "a", "b", None],
        "none": pa.array([None] * 4, pa.string()),
        "yes": [True, True, False, None],
        "day": [datetime.date(2026, 1, 1)] * 4,
    }
)
COLUMNS = {column.name: column for column in profile(TABLE, "t.csv:v0").columns}


def test_numbers_have_bounds_and_a_histogram() -> None:
    x = COLUMNS["x"]
    assert (x.missing, x.distinct, x.least, x.median, x.most) == (0.25, 3, 1.5, 2.0, 3.0)
    assert len(x.heights) == BINS
    assert max(x.heights) == 1.0
    assert COLUMNS["inf"].most == 1.0, "what is not finite is left out"


def test_few_whole_numbers_have_a_bar_each() -> None:
    assert COLUMNS["key"].heights == (1.0, 0.0, 0.0, 1.0), "0 to 3, with gaps"
    assert COLUMNS["code"].heights == (1.0, 0.5, 0.5), "too far apart for gaps"


def test_a_column_beside_its_reference_has_the_same_bins_and_shares_of_its_values() -> None:
    now = pa.table({"x": [0, 1, 1, None], "word": ["a", "a", "b", None], "lists": [[1]] * 4})
    before = pa.table({"x": [0, 0, 0, 5], "word": ["a", "c", "c", "c"], "lists": [[1]] * 4})
    x, word, lists = shifts(now, before, ["x", "word", "gone", "lists"])
    assert x.missing == (0.0, 0.25)
    assert (x.least, x.most) == (0.0, 5.0)
    assert x.heights == (4 / 9, 8 / 9, 0.0, 0.0, 0.0, 0.0)
    assert x.reference == (1.0, 0.0, 0.0, 0.0, 0.0, 1 / 3)
    assert word.shares == (("a", 0.25, 2 / 3), ("c", 0.75, 0.0), ("b", 0.0, 1 / 3))
    assert (lists.heights, lists.shares) == ((), ())


def test_a_constant_and_a_column_of_nan_have_no_histogram() -> None:
    assert (COLUMNS["same"].least, COLUMNS["same"].heights) == (7.0, ())
    assert COLUMNS["nan"].least is None


def test_others_have_their_most_frequent_value_as_share_of_all_rows() -> None:
    assert (COLUMNS["word"].top, COLUMNS["word"].top_share) == ("b", 0.5)
    assert (COLUMNS["yes"].top, COLUMNS["day"].top) == ("True", "2026-01-01")
    assert (COLUMNS["none"].top, COLUMNS["none"].missing) == (None, 1.0)


@pytest.mark.parametrize("kind", [pa.float64(), pa.string(), pa.null()])
def test_an_empty_table(kind: pa.DataType) -> None:
    (column,) = profile(pa.table({"x": pa.array([], kind)}), "t.csv:v0").columns
    assert (column.missing, column.distinct) == (0.0, 0)
