"""What a table's columns look like."""

import datetime

import pyarrow as pa
import pytest

from pipeline.report.profile import BINS, profile

TABLE = pa.table(
    {
        "x": [1.0, 2.0, 3.0, None],
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
    assert (x.missing, x.distinct, x.least, x.median, x.most) == (0.25, 3, 1.0, 2.0, 3.0)
    assert len(x.heights) == BINS
    assert max(x.heights) == 1.0
    assert COLUMNS["inf"].most == 1.0, "what is not finite is left out"


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
