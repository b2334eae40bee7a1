"""The reason why a step runs again: every kind of difference in words, causes first."""

from pathlib import Path

import pytest

from pipeline.cache.step_key import StepKey, differences, step_key
from pipeline.store.digests import Digests
from pipeline.store.versions import Version

NOTHING = StepKey({})


def one(name: str, fact: str, shown: str = "") -> StepKey:
    return StepKey({name: fact}, {name: shown} if shown else {})


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (one("parameter a.b", "0.3"), one("parameter a.b", "0.4"), "<a.b> 0.3 → 0.4"),
        (NOTHING, one("parameter a", '""'), '<a> none → ""'),
        (one("parameter a", "null"), NOTHING, "<a> null → none"),
        (one("input t", "d1", "a.csv v3"), one("input t", "d2", "a.csv v4"), "input a.csv v3 → v4"),
        (
            one("input t", "d1", "a.csv.gz v3"),
            one("input t", "d2", "a.csv v4"),
            "input a.csv.gz v3 → a.csv v4",
        ),
        (one("input t", "not there", "none"), one("input t", "d", "a v0"), "input none → a v0"),
        (one("input t", "d", "a v0"), one("input t", "not there", "none"), "input a v0 → none"),
        (NOTHING, one("input t", "d", "a v0"), "input none → a v0"),
        (one("file u", "1 .csv", "x.csv"), one("file u", "2 .csv", "y.csv"), "<u> y.csv changed"),
        (one("code step/run.py", "1"), one("code step/run.py", "2"), "step/run.py changed"),
        (NOTHING, one("code a b.py", "1"), "a b.py is new"),
        (one("code lib.py", "1"), NOTHING, "lib.py is gone"),
        (one("package numpy", "1.0"), one("package numpy", "2.0"), "numpy 1.0 → 2.0"),
        (NOTHING, one("package numpy", "2.0"), "numpy none → 2.0"),
        (one("python", "3.11"), one("python", "3.12"), "Python 3.11 → 3.12"),
    ],
)  # fmt: skip
def test_a_difference_in_words(before: StepKey, now: StepKey, told: str) -> None:
    assert list(differences(now, before, lambda name: f"<{name}>")) == [told]
    assert list(differences(now, now)) == []
    assert now.digest != before.digest


def test_causes_come_before_what_follows_from_them() -> None:
    kinds = ["python", "package a", "code b", "code a", "file a", "input a", "parameter a"]
    told = list(differences(StepKey(dict.fromkeys(kinds, "1")), NOTHING))
    assert told == [
        "a none → 1", "input none → none", "a none changed", "a is new", "b is new", "a none → 1",
        "Python none → 1",
    ]  # fmt: skip


def test_what_is_shown_does_not_count() -> None:
    shown = one("input t", "d1", "a v3"), one("input t", "d1", "b v7")
    assert shown[0].digest == shown[1].digest
    assert list(differences(*shown)) == []


def test_the_order_of_facts_does_not_count() -> None:
    facts = {"parameter a": "1", "python": "3.11"}
    assert StepKey(facts).digest == StepKey(dict(reversed(facts.items()))).digest


def test_a_step_that_is_given_something_else(tmp_path: Path) -> None:
    (tmp_path / "step").mkdir()
    (tmp_path / "step" / "MLproject").write_text("entry_points: {main: {command: x}}")
    for name in ("a", "b"):
        (tmp_path / "step" / f"{name}.csv").write_text(name)

    def key(number: int, file: str, size: float) -> StepKey:
        values = {"table": "t.csv:latest", "url": f"step/{file}.csv", "split": {"size": size}}
        table = Version("t.csv", number, "table", f"digest {number}", files=())
        digests = Digests(tmp_path / "digests.json")
        return step_key(tmp_path / "step", tmp_path, values, {"table": table}, digests, "local")

    assert list(differences(key(4, "b", 0.4), key(3, "a", 0.3), "data.{}".format)) == [
        "data.split.size 0.3 → 0.4",
        "input t.csv v3 → v4",
        "data.url step/b.csv changed",
    ]
