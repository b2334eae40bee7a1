"""Runs held against each other: what differs, and their models on the rows that both have."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.comparison import page
from pipeline.comparison.compare import Compared, compare
from pipeline.judging.bootstrap import Bootstrap
from pipeline.store.artifacts import Store
from tests.comparison.recorded import judged, rows
from tests.fakes.recorded import EVIL

HOW = Bootstrap(resamples=100, seed=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def compared(store: Store, *runs: dict[str, Any]) -> Compared:
    return compare(runs, str(store.folder), HOW)


def test_models_are_compared_on_the_same_rows(store: Store, tmp_path: Path) -> None:
    table = rows(300)
    runs = [judged(store, tmp_path, table, name, skill) for name, skill in (("a", 1), ("b", 2))]
    runs[1]["config"]["data"]["test_size"] = 0.2
    found = compared(store, *runs)
    (pair,) = found.pairs
    assert (pair.rows, pair.of, pair.obstacle) == (300, (300, 300), None)
    assert {pair.verdict(row) for row in pair.differences} == {"B better"}
    assert found.differing["config"] == [("data.test_size", [0.3, 0.2])]
    assert found.metrics == [("F1, judge", [0.25, 0.5])]
    assert [run.about.model for run in found.runs] == ["extra_trees"] * 2


def test_of_tables_that_differ_the_common_rows_are_told_by_their_values(
    store: Store, tmp_path: Path
) -> None:
    """Twice the same row counts twice only where both have it twice."""
    one = pa.concat_tables([rows(200), rows(20)])
    other = pa.concat_tables([rows(200, 100).slice(50), rows(150), rows(1), rows(1)])
    runs = [judged(store, tmp_path, one, "a", 1), judged(store, tmp_path, other, "b", 1)]
    (pair,) = compared(store, *runs).pairs
    assert (pair.rows, pair.of) == (200 + 1, (220, 302))
    assert {row["value"] for row in pair.differences} == {0.0}, "each row meets itself"


def test_columns_that_only_one_table_has_tell_no_rows_apart(store: Store, tmp_path: Path) -> None:
    more = rows(60).append_column("extra", pa.array(range(60)))
    runs = [judged(store, tmp_path, t, n, 1) for t, n in ((rows(60), "a"), (more, "b"))]
    assert compared(store, *runs).pairs[0].rows == 60


def obstacle(store: Store, *runs: dict[str, Any]) -> str:
    (pair,) = compared(store, *runs).pairs
    assert pair.differences == ()
    return str(pair.obstacle)


def test_what_keeps_models_from_being_compared(store: Store, tmp_path: Path) -> None:
    def run(name: str, first: int = 0) -> dict[str, Any]:
        return judged(store, tmp_path, rows(30, first), name, 1)

    assert (
        obstacle(store, run("a"), run("b", 30)) == "bbbbbbbb and aaaaaaaa have no common test rows"
    )
    other = run("b")
    other["config"]["data"]["target"] = "mood"
    assert obstacle(store, run("a"), other) == "bbbbbbbb predicts 'mood', aaaaaaaa 'genre'"
    bare = run("b")
    bare["steps"][0]["outputs"] = []
    assert obstacle(store, run("a"), bare) == "run bbbbbbbb judged no model"
    gone = run("b")
    gone["steps"][0]["outputs"][0] |= {"digest": "0" * 64}
    assert re.match(r"predictions.parquet:v\d is gone from ", obstacle(store, run("a"), gone))
    unknown = run("b")
    unknown["steps"][0]["inputs"] = []
    assert obstacle(store, run("a"), unknown) == "it is not kept which rows were judged"


def test_each_later_run_is_held_against_the_first(store: Store, tmp_path: Path) -> None:
    runs = [judged(store, tmp_path, rows(150), n, k) for n, k in (("a", 1), ("b", 2), ("c", 0.2))]
    found = compared(store, *runs)
    assert [(pair.first, pair.other) for pair in found.pairs] == [("A", "B"), ("A", "C")]
    assert found.metrics == [("F1, judge", [0.25, 0.5, 0.05])]


def test_the_screen_and_the_page_say_the_same(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [judged(store, tmp_path, rows(150), name, 1 + n) for n, name in enumerate("ab")]
    runs[0]["config"]["data"] |= {"note": EVIL, "file_url": "https://u:hunter2@h/t?token=hunter2"}
    found = compared(store, *runs)
    page.show(found, "f1")
    shown = capsys.readouterr().out
    path = page.write(found, "f1", tmp_path / "new" / "folder")
    text = path.read_text(encoding="utf-8")
    assert path.name == "aaaaaaaa-bbbbbbbb.html"
    sentence = shown.splitlines()[-1]
    assert re.fullmatch(
        r"On the same 150 test rows, F1 of B minus A is \+0\.\d+ \(\+0\.\d+ to \+0\.\d+\), so B is "
        r"better\.", sentence
    )  # fmt: skip
    assert sentence in text
    assert "The same in all: code, packages." in shown
    assert "hunter2" not in shown + text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert text.count("<svg") == 1
    assert "main.action=compare main.run=aaaaaaaa,bbbbbbbb" in text


def test_runs_that_cannot_be_paired_have_a_page_without_pictures(
    store: Store, tmp_path: Path
) -> None:
    runs = [judged(store, tmp_path, rows(30, 30 * n), name, 1) for n, name in enumerate("ab")]
    text = page.render(compared(store, *runs), "f1")
    assert "cannot be compared on common rows: bbbbbbbb and aaaaaaaa have no common" in text
    assert "<svg" not in text
