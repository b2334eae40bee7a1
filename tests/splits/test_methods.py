"""Groups that stay together, time that does not run backwards, hashes that never move a row."""

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from pipeline.config import segregate
from pipeline.errors import InputError
from pipeline.splits.division import METHODS, Division, divide

KEYS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1.5, -0.5, None]),
              st.sampled_from("xyz")), min_size=8, max_size=120)  # fmt: skip


def table_of(rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    types = [pa.string(), pa.float64(), pa.string()]
    arrays = [pa.array(c, t) for c, t in zip(columns, types, strict=True)]
    return pa.table(arrays, names=["k", "n", "c"])


def whole(table: pa.Table, parts: Any) -> None:
    """No row is in both parts, none is lost."""
    assert sorted([*parts[0], *parts[1]]) == list(range(table.num_rows))


@given(rows=KEYS, size=st.floats(0.1, 0.9), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_groups_stay_together(rows: list[tuple[Any, ...]], size: float, seed: int) -> None:
    table = table_of(rows)
    how = Division(size, seed, method="group", group_by=["k", "n"])
    try:
        parts = divide(table, how)
    except InputError:  # one group, or all rows on one side: see the refusals below
        reject()
    whole(table, parts)
    keys = [[row[:2] for row in map(rows.__getitem__, part)] for part in parts]
    assert not set(keys[0]) & set(keys[1])


def test_groups_keep_the_shares_of_the_classes() -> None:
    random = np.random.RandomState(0)
    groups = random.randint(0, 600, 3000)
    classes = np.array(["rare", "some", "many"])[np.searchsorted([0.1, 0.4], random.rand(600))]
    table = pa.table({"g": groups, "c": classes[groups]})
    first, second = divide(table, Division(0.3, 1, method="group", stratify="c", group_by=["g"]))
    assert len(second) == pytest.approx(900, abs=10)
    for name in ("rare", "some", "many"):
        counts = [table["c"].take(pa.array(p)).to_pylist().count(name) for p in (first, second)]
        assert counts[1] / sum(counts) == pytest.approx(0.3, abs=0.01)
    again = divide(table, Division(0.3, 1, method="group", stratify="c", group_by=["g"]))
    other = divide(table, Division(0.3, 2, method="group", stratify="c", group_by=["g"]))
    assert np.array_equal(second, again[1])
    assert not np.array_equal(np.sort(second), np.sort(other[1]))


@given(rows=KEYS, more=KEYS, size=st.floats(0.2, 0.8), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_new_rows_never_move_old_ones(
    rows: list[tuple[Any, ...]], more: list[tuple[Any, ...]], size: float, seed: int
) -> None:
    how = Division(size, seed, method="hash", group_by=["k", "n"])
    try:
        before = divide(table_of(rows), how)
        after = divide(table_of(rows + more), how)
    except InputError:  # all rows on one side
        reject()
    whole(table_of(rows), before)
    assert [n for n in after[1] if n < len(rows)] == list(before[1])  # in the table's order


def test_hash_takes_its_share_and_another_one_to_validate() -> None:
    table = pa.table({"id": [f"song {n}" for n in range(20_000)]})
    train, test = divide(table, Division(0.3, 42, method="hash"))
    assert len(test) == pytest.approx(6000, abs=250)
    rest = table.take(pa.array(train))
    _, validation = divide(rest, Division(0.3, 42, method="hash", size_name="val_size"))
    assert len(validation) == pytest.approx(0.3 * len(rest), abs=250)


def test_hash_is_the_same_everywhere() -> None:
    """The rows themselves, written down: another version of anything must not move them."""
    table = pa.table({"id": [f"song {n}" for n in range(30)], "n": [n / 7 for n in range(30)]})
    _, test = divide(table, Division(0.3, 42, method="hash", group_by=["id", "n"]))
    assert test.tolist() == EXPECTED


EXPECTED = [1, 2, 3, 4, 6, 16, 20, 22, 29]
DAYS = [datetime.date(2026, 1, day) for day in (5, 1, 3, 2, 4, 5, 6, 7, 8, 9)]


@pytest.mark.parametrize(
    ("values", "gap", "first", "second"),
    [
        ([5, 1, 3, 2, 4], 0, [1, 3, 2], [4, 0]),
        ([5, 1, 3, 2, 4], 1, [1, 3], [4, 0]),
        ([1, 2, 2, 2, 3], 0, [0], [1, 2, 3, 4]),  # one moment is not divided
        ([0.1, 0.4, 0.2, 0.3, 0.5], 0, [0, 2, 3], [1, 4]),
        (DAYS, 1, [1, 3, 2], [0, 5, 6, 7, 8, 9]),
        ([datetime.datetime(2026, 1, 1, hour) for hour in (3, 1, 2, 4)], 0.05, [1], [0, 3]),
    ],
)
def test_time(values: list[Any], gap: float, first: list[int], second: list[int]) -> None:
    table = pa.table({"t": values})
    size = len(second) / len(values) if values[:2] != [1, 2] else 0.4
    parts = divide(table, Division(size - 1e-9, 0, method="time", time_column="t", gap=gap))
    assert [part.tolist() for part in parts] == [first, second]


TABLE = pa.table({"a": [1, 2, 3, 4], "c": ["x", "x", "y", "y"], "g": [1, 2, 3, 3],
                  "m": [1, None, 2, 3], "l": [[1], [1], [2], [2]], "same": [1] * 4})  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "grup"}, "method=grup: did you mean 'group'"),
        ({"method": "group"}, "group_by names no column"),
        ({"method": "group", "group_by": ["b"]}, "group_by: the table has no column 'b'; it has a"),
        ({"method": "group", "group_by": ["l"]}, "'l' .* cannot be compared"),
        ({"method": "group", "group_by": ["g"], "stratify": "c"},
         r"method=group: y \(2 rows\) has one group only"),
        ({"method": "group", "group_by": ["same"]}, r"the table \(4 rows\) has one group only"),
        ({"method": "random", "stratify": "c"}, "stratify=c is not for method=random; .* or group"),
        ({"group_by": ["g"]}, "group_by=.* is not for method=stratified; .* method=group or hash"),
        ({"method": "time"}, "method=time needs time_column"),
        ({"method": "time", "time_column": "b"}, "time_column: the table has no column 'b'"),
        ({"method": "time", "time_column": "m"}, "1 rows have no 'm'"),
        ({"method": "time", "time_column": "c"}, "'c' is string; it must hold numbers, dates"),
        ({"method": "time", "time_column": "a", "gap": 9.0}, "no row is more than the gap of 9"),
        ({"method": "time", "time_column": "same"}, "no row is more than the gap of 0"),
        ({"method": "hash", "group_by": ["same"]}, "method=hash: .* all 4 rows are on one side"),
        ({"method": "hash", "size": 1.5}, "test_size must be greater than 0 and less than 1"),
        ({"method": "group", "group_by": ["a"], "seed": -1}, "the seed must be 0 to"),
    ],
)  # fmt: skip
def test_refusals(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        divide(TABLE, Division(**({"size": 0.5, "seed": 0} | options)))
    assert "\n" not in str(caught.value)


def test_the_config_names_the_methods_that_there_are() -> None:
    assert list(METHODS) == segregate.METHODS
