"""Folds: every row judges once, a group is on one side, no later time fits an earlier one."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from pipeline.errors import InputError
from pipeline.splits import folds
from pipeline.splits.division import METHODS, Division

RANDOM = np.random.RandomState(0)
CLASSES = RANDOM.choice(["a", "b", "c"], 60, p=[0.6, 0.3, 0.1])
TABLE = pa.table({"c": CLASSES, "t": RANDOM.permutation(60), "g": RANDOM.randint(0, 20, 60)})
OPTIONS: dict[str, dict[str, Any]] = {
    "stratified": {"stratify": "c"},
    "random": {},
    "group": {"stratify": "c", "group_by": ["g"]},
    "time": {"time_column": "t"},
    "hash": {"group_by": ["g"]},
}


def by(method: str, seed: int = 7, **options: Any) -> Division:
    return Division(0.3, seed, method=method, **(OPTIONS[method] | options))


def equal(ours: list[folds.Rows], theirs: Any) -> None:
    for one, other in zip(ours, theirs, strict=True):
        for part, expected in zip(one, other, strict=True):
            assert part.tolist() == expected.tolist()


def test_they_are_those_of_scikit_learn() -> None:
    drawn = {"shuffle": True, "random_state": 7}
    strata = StratifiedKFold(5, **drawn).split(CLASSES, CLASSES)
    equal(folds.divide(TABLE, by("stratified"), 5), strata)
    equal(folds.divide(TABLE, by("random"), 4), KFold(4, **drawn).split(CLASSES))
    ordered = pa.table({"t": range(60)})
    equal(folds.divide(ordered, by("time"), 5), TimeSeriesSplit(5).split(CLASSES))
    gap = folds.divide(ordered, by("time", gap=3.0), 5)
    equal(gap, TimeSeriesSplit(5, gap=3).split(CLASSES))


def test_there_are_folds_for_every_method() -> None:
    assert list(folds.FOLDS) == list(METHODS) == list(OPTIONS)


ROWS = st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 30), st.integers(0, 12)),
                min_size=12, max_size=80)  # fmt: skip


@given(
    rows=ROWS,
    method=st.sampled_from(list(OPTIONS)),
    number=st.integers(2, 6),
    gap=st.sampled_from([0.0, 1.0, 2.5]),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=50)
def test_nothing_is_on_both_sides(
    rows: list[tuple[str, int, int]], method: str, number: int, gap: float, seed: int
) -> None:
    classes, times, groups = (np.array(column) for column in zip(*rows, strict=True))
    table = pa.table({"c": classes, "t": times, "g": groups})
    options = {"gap": gap} if method == "time" else {}
    try:
        parts = folds.divide(table, by(method, seed, **options), number)
    except InputError:
        reject()
    assert len(parts) == number
    judged = np.concatenate([judging for _, judging in parts])
    assert len(set(judged.tolist())) == len(judged)
    for fitting, judging in parts:
        assert len(fitting)
        assert len(judging)
        assert not set(fitting.tolist()) & set(judging.tolist())
        if method in ("group", "hash"):
            assert not set(groups[fitting]) & set(groups[judging])
        if method == "time":
            assert times[fitting].max() < times[judging].min() - gap
        else:
            assert len(fitting) + len(judging) == len(rows)
    assert method == "time" or len(judged) == len(rows)
    equal(folds.divide(table, by(method, seed, **options), number), parts)


def test_groups_keep_the_shares_of_the_classes() -> None:
    random = np.random.RandomState(0)
    groups = random.randint(0, 600, 3000)
    classes = np.array(["rare", "some", "many"])[np.searchsorted([0.1, 0.4], random.rand(600))]
    table = pa.table({"g": groups, "c": classes[groups]})
    for _, judging in folds.divide(table, by("group"), 5):
        assert len(judging) == pytest.approx(600, abs=10)
        for name in ("rare", "some", "many"):
            count, whole = (
                np.sum(classes[groups[part]] == name) for part in (judging, slice(None))
            )
            assert count == pytest.approx(whole / 5, rel=0.05)


def test_new_rows_never_move_old_ones_by_hash() -> None:
    before = folds.divide(TABLE.slice(0, 50), by("hash"), 3)
    after = folds.divide(TABLE, by("hash"), 3)
    for (_, old), (_, new) in zip(before, after, strict=True):
        assert new[new < 50].tolist() == old.tolist()


def test_times_that_most_rows_share() -> None:
    """Each block has a moment of its own, however the rows lie."""
    table = pa.table({"t": [1] * 20 + [2, 3, 4]})
    judging = [second.tolist() for _, second in folds.divide(table, by("time"), 3)]
    assert judging == [[20], [21], [22]]
    late = pa.table({"t": [1, 2, 3] + [4] * 20})
    assert [len(second) for _, second in folds.divide(late, by("time"), 3)] == [1, 1, 20]


@pytest.mark.parametrize(
    ("method", "options", "number", "said"),
    [
        ("stratified", {}, 8, r"model.folds=8: more folds than rows of the rarest class, c \(6\); "
                              r"take model.folds=6 or fewer, or drop or merge it with data.pre"),
        ("random", {}, 61, r"model.folds=61: more folds than rows \(60\)"),
        ("group", {"stratify": None}, 21, r"more folds than groups \(\d+\); take model.folds="),
        ("time", {}, 60, r"more folds than times after the first in t \(59\)"),
        ("time", {"gap": 40.0}, 3, "no row is more than the gap of 40 before fold 1"),
        ("hash", {}, 500, "method=hash leaves no row for fold"),
        ("stratified", {"seed": -1}, 2, "the seed must be 0 to"),
        ("stratified", {"group_by": ["g"]}, 2, "group_by=.* is not for method=stratified"),
    ],
)  # fmt: skip
def test_refusals(method: str, options: dict[str, Any], number: int, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        folds.divide(TABLE, by(method, **options), number)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("method", "wrong", "said"),
    [
        ("group", np.arange(60) % 2, "fold 1: a group is on both sides"),
        ("hash", np.arange(60) % 2, "fold 1: a group is on both sides"),
    ],
)
def test_a_fault_in_the_folds_ends_the_run(
    method: str, wrong: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(folds.FOLDS, method, lambda *_: wrong)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=said):
        folds.divide(TABLE, by(method), 2)


@pytest.mark.parametrize(
    ("method", "parts", "said"),
    [
        ("random", [([0, 1], [1, 2])], "fold 1: a row is on both sides"),
        ("random", [([0], [1, 2]), ([0], [2])], "fold 2: a row of another fold"),
        ("time", [([0, 3], [2])], "fold 1: a later time is on both sides"),
    ],
)
def test_faulty_parts_end_the_run(method: str, parts: Any, said: str) -> None:
    arrays = [(np.array(fitting), np.array(judging)) for fitting, judging in parts]
    keys = folds.Keys(4, None, np.arange(4.0) if method == "time" else np.zeros(0))
    with pytest.raises(AssertionError, match=said):
        folds._assert_apart(arrays, keys, by(method))
