"""How far long loops are: who is told of it, and that nobody is where nobody looks."""

import io
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from rich.console import Console
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.parallel import Parallel

from get_data import fetch
from pipeline import progress
from pipeline.judging import bootstrap, weighted_metrics
from pipeline.tables import table_files
from train_random_forest import growing

Told = list[tuple[str, int, int | None]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """All that a watcher is told, of each item."""
    words: Told = []
    monkeypatch.setattr(progress, "EVERY", 0)
    progress.watch(lambda *word: words.append(word))
    yield words
    progress.watch(None)


def test_pieces_are_counted_and_the_end_is_told(told: Told) -> None:
    assert list(progress.counted(["ab", "c"], "rows", 3, len)) == ["ab", "c"]
    assert told == [("rows", 2, 3), ("rows", 3, 3), ("", 0, None)]


def test_of_loops_in_each_other_one_is_heard(told: Told) -> None:
    for _ in progress.counted("xy", "slices", None, len):
        list(progress.counted("ab", "resamples", 2, len))
    inner = [("resamples", 1, 2), ("resamples", 2, 2), ("", 0, None)]
    assert told == [*inner, ("slices", 1, None), ("slices", 2, None), ("", 0, None)]


def test_a_loop_that_fails_is_over(told: Told) -> None:
    with pytest.raises(ZeroDivisionError):
        for _ in progress.counted((1 // number for number in (1, 1, 0)), "rows", 3, int):
            pass
    assert told[-1] == ("", 0, None)


def test_reading_a_table_tells_its_rows(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    metadata = table_files.write(pa.table({"a": [1, 2, 3]}), path)
    table_files.read(path, metadata)
    assert ("rows", 3, 3) in told


def test_copying_a_file_tells_its_bytes(told: Told, tmp_path: Path) -> None:
    content = b"a,b\n" + 300_000 * b"1,2\n"
    (tmp_path / "a.csv").write_bytes(content)
    (tmp_path / "copy").mkdir()
    fetch.fetch(str(tmp_path / "a.csv"), tmp_path / "copy", tmp_path)
    size = len(content)
    assert told == [("bytes", 1 << 20, size), ("bytes", size, size), ("", 0, None)]


def test_the_bootstrap_tells_its_resamples(told: Told) -> None:
    codes, probabilities = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    model = weighted_metrics.WeightedMetrics(codes, probabilities)
    bootstrap.distributions([model], 70_000, 1, areas=())
    assert [word[1] for word in told] == [66_666, 70_000, 0]


def test_a_forest_tells_its_trees_and_is_the_same(told: Told) -> None:
    table = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": list("xyxy")})
    steps = [("scale", StandardScaler()), ("forest", RandomForestClassifier(5, random_state=1))]
    before = Parallel.print_progress
    with growing._trees_counted(steps[1][1].set_params(n_jobs=2)):
        counted = Pipeline(steps).fit(table[["a"]], table["b"])
    assert Parallel.print_progress is before
    assert told[-2:] == [("trees", 5, 5), ("", 0, None)]
    progress.watch(None)
    alone = Pipeline(steps).fit(table[["a"]], table["b"])
    assert pickle.dumps(counted) == pickle.dumps(alone)


def test_a_short_loop_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress.watch(progress.to_starter)
    list(progress.counted("abc", "rows", 3, len))
    progress.watch(None)
    assert capsys.readouterr() == ("", "")


def test_nobody_watches_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    counter = progress.Counter("bytes")
    counter.tell(1)
    counter.end()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("total", [None, 1000])
def test_what_a_step_tells_its_starter(
    total: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    progress.to_starter("trees", 40, total)
    ((what, done, of),) = progress.LINE.findall(f"before{capsys.readouterr().out}")
    assert (what, done, of) == ("trees", "40", "" if total is None else "1000")


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 80), ("ascii", 80), ("utf-8", 40)])
def test_the_bar(encoding: str, width: int) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding)
    console = Console(file=file, width=width, force_terminal=True, no_color=True)
    bar = progress.Bar(console)
    for done in (100, 400, 200):  # the last is of another loop
        bar("resamples", done, 1000)
    with console.capture() as drawn:
        console.print(bar.drawn)
    assert "200 of 1,000 resamples" in drawn.get()
    assert drawn.get().isascii() == (encoding == "ascii")
    bar("", 0, None)
    assert bar.drawn.tasks == []
    bar("rows", 5, None)
    assert [task.description for task in bar.drawn.tasks] == ["5 rows"]


def test_the_bar_of_a_step_alone_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bar = progress.OwnBar()
    bar("rows", 5, 10)
    print("a line of the log")
    bar("", 0, None)
    assert capsys.readouterr().out == "a line of the log\n"
    assert not bar.drawn.live.is_started
