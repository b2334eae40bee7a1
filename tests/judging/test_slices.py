import datetime as dt

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.judging.slices import check_columns, slices


def parts(values, **kwargs):
    column = pd.Series(values, **kwargs)
    found = list(slices(column))
    covered = np.sum([inside for _, inside in found], axis=0)
    assert (covered == 1).all(), "every row is in exactly one part"
    return {value: int(inside.sum()) for value, inside in found}


def test_numbers_are_cut_at_their_quartiles():
    assert parts(np.arange(1, 42) * 1000.0) == {
        "up to 11,000": 11,
        "over 11,000 to 21,000": 10,
        "over 21,000 to 31,000": 10,
        "over 31,000": 10,
    }


def test_a_quartile_between_two_values_makes_no_empty_part():
    assert parts([0.0] * 60 + list(range(1, 25))) == {"up to 0": 60, "over 0 to 3.25": 3,
                                                      "over 3.25": 21}  # fmt: skip


def test_few_numbers_are_parts_of_their_own_in_their_order():
    assert parts([2, 10, 2, 1]) == {"1": 1, "2": 2, "10": 1}


@pytest.mark.parametrize("dtype", ["str", "category", object])
def test_words_and_what_is_missing(dtype):
    assert parts(["b", "a", None, "b"], dtype=dtype) == {"a": 1, "b": 2, "(missing)": 1}


def test_missing_numbers_and_booleans():
    values = pd.array([*range(40), None], dtype="Int64")
    assert parts(values)["(missing)"] == 1
    assert parts(pd.array([True, None, False, True], dtype="boolean")) == {
        "False": 1,
        "True": 2,
        "(missing)": 1,
    }
    assert parts([np.nan, np.nan]) == {"(missing)": 2}


def test_the_rarest_of_many_words_are_one_part():
    found = parts([f"w{n}" for n in range(30) for _ in range(n + 1)])
    assert len(found) == 21
    assert found["(others)"] == sum(range(1, 11))


def test_times_are_cut_too():
    days = pd.date_range("2026-01-01", periods=40, freq="D")
    assert len(parts(days)) == 4
    assert parts([dt.date(2026, 1, 1)] * 2) == {"2026-01-01": 2}


def test_an_unknown_column_is_refused():
    with pytest.raises(InputError, match=r"data\.slices: .*no column 'temp'.*did you mean 'tempo'"):
        check_columns(["tempo", "temp"], ["tempo"])
