"""Which runs are listed, and in which order."""

import pytest

from pipeline.comparison.query import Known, check_sort, ordered, selected
from pipeline.errors import InputError

RUNS = [
    Known({"run": "c", "status": "finished", "started": "2026-03-01 10:00", "seconds": 9.0,
           "dataset": "songs", "model": "extra_trees"},
          {"f1": 0.6, "log_loss": 1.5, "train/f1": 0.9}, {"data.test_size": 0.2, "data.x": None}),
    Known({"run": "b", "status": "running", "started": "2026-02-01 10:00"}),
    Known({"run": "a", "status": "refused", "started": "2026-01-01 10:00", "seconds": 30.0,
           "dataset": "wine", "model": "random_forest"},
          {"f1": 0.9, "log_loss": 0.5}, {"data.test_size": 0.3, "data.x": True}),
]  # fmt: skip


def names(runs: list[Known]) -> str:
    return "".join(str(run.named["run"]) for run in runs)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (None, "cba"),
        ("", "cba"),
        ("status=finished", "c"),
        ("status!=finished", "ba"),
        ("model=random*", "a"),
        ("f1>0.6", "a"),
        ("f1>=0.6", "ca"),
        ("f1<0.9", "c"),
        ("f1<=0.9,dataset=songs", "c"),
        ("train/f1=0.90", "c"),
        ("data.test_size=0.20", "c"),
        ("data.x=null", "c"),
        ("data.x=true", "a"),
        ("started>2026-01-31", "cb"),
        (" status = finished ,", "c"),
        ("run=a", "a"),
        ("run!=*", ""),
    ],
)
def test_conditions(words: str | None, expected: str) -> None:
    assert names(selected(RUNS, words)) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("started", "cba"),
        ("-started", "abc"),
        ("f1", "acb"),
        ("-f1", "cab"),
        ("log_loss", "acb"),
        ("seconds", "cab"),
        ("dataset", "cab"),
        ("data.test_size", "acb"),
    ],
)
def test_the_best_or_the_newest_come_first_and_those_without_it_last(
    key: str, expected: str
) -> None:
    assert names(ordered(RUNS, key)) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("status", r"main\.filter=status: 'status' is no condition; give KEY=VALUE"),
        ("=x", "is no condition"),
        ("statsu=failed", "no run has 'statsu': did you mean 'status'\\? choose from: run, "),
        ("fl1>0", "no run has 'fl1': did you mean 'f1'"),
    ],
)
def test_a_filter_that_is_none_and_a_key_that_no_run_has(words: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        selected(RUNS, words)


def test_a_key_to_sort_by_that_no_run_has() -> None:
    check_sort("-train/f1", RUNS)
    with pytest.raises(InputError, match=r"^main\.sort=-fl1: no run has 'fl1': did you mean 'f1'"):
        check_sort("-fl1", RUNS)
