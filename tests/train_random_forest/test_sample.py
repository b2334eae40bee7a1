"""Training on a sample of a table that may be larger than memory."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.splits.division import Division
from pipeline.step import memory
from pipeline.tables import chunks, table_files
from tests import typed, zoo
from train_random_forest import learning_curve, sample

ROWS = 1000
CODED = pa.array([f"c{min(n % 10, 3)}" for n in range(ROWS)]).dictionary_encode()
TABLE = pa.table({"n": np.arange(ROWS), "kind": CODED, "q": np.arange(ROWS) ** 0.5})


def source(table: pa.Table, folder: Path) -> table_files.Source:
    return table_files.Source(folder / "t.parquet", table_files.write(table, folder / "t.parquet"))


def how(stratify: str | None = "kind", **more: object) -> Division:
    return Division(0.3, 7, stratify=stratify, **more)


def test_each_class_has_its_share_however_the_table_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = source(TABLE, tmp_path)
    keys, places = sample.drawn(table, how(), 200)
    assert places is not None
    assert (keys.rows, len(places)) == (ROWS, 200)
    taken = sample._taken(table, places)
    assert taken.equals(TABLE.take(pa.array(places)))
    assert np.bincount(taken["kind"].combine_chunks().indices).tolist() == [20, 20, 20, 140]
    monkeypatch.setattr(chunks, "PIECE", 100)
    _, again = sample.drawn(table, how(), 200)
    assert again is not None
    assert again.tolist() == places.tolist()
    assert sample._taken(table, places).equals(taken)


def test_other_seeds_are_other_rows_and_quantities_are_drawn_by_bins(tmp_path: Path) -> None:
    table = source(TABLE, tmp_path)
    drawn = [
        sample.drawn(table, one, 100)[1] for one in (how("q"), how(None), how("q", classes=False))
    ]
    lists = [places.tolist() for places in drawn if places is not None]
    assert lists[0] == lists[2] != lists[1]
    assert np.bincount(np.array(lists[0]) // 100).tolist() == [10] * 10
    by_time = how(None, method="time", time_column="n", gap=3.0)
    assert sample.drawn(table, by_time, 100)[1].tolist() == lists[1]


def test_all_rows_where_no_more_are_there_and_too_few_for_the_classes(tmp_path: Path) -> None:
    table = source(TABLE, tmp_path)
    for most in (ROWS, ROWS - 1, ROWS + 1):
        assert sample.drawn(table, how(), most)[1] is None
    with pytest.raises(InputError, match=r"model\.rows=3: fewer than the 4 classes of 'kind'"):
        sample.drawn(table, how(), 3)


def test_a_class_of_one_row_is_in_every_sample(tmp_path: Path) -> None:
    kinds = pa.array(["rare", *["a", "b"] * 500][:ROWS])
    table = source(TABLE.set_column(1, "kind", kinds), tmp_path)
    places = sample.drawn(table, how(), 100)[1]
    assert places is not None
    assert places[0] == 0


def test_a_table_that_no_memory_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MANY", 10)
    table = source(TABLE, tmp_path)
    sample._refuse_too_large(table)
    monkeypatch.setattr(memory, "free", lambda: 50_000)
    with pytest.raises(InputError, match=r"1,000 rows.* set model\.rows=1000 to train"):
        sample._refuse_too_large(table)
    monkeypatch.setattr(memory, "free", lambda: None)
    sample._refuse_too_large(table)


def test_free_memory_is_what_a_control_group_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert memory.free() is None or memory.free() > 1_000_000
    proc, inner = tmp_path / "proc", tmp_path / "groups" / "a" / "b"
    (proc / "self").mkdir(parents=True)
    inner.mkdir(parents=True)
    (proc / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    4000 kB\n")
    (proc / "self" / "cgroup").write_text("0::/a/b\n")
    monkeypatch.setattr(memory, "PROC", proc)
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    assert memory.free() == 4000 * 1024
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("1000000\n")
    (inner.parent / "memory.stat").write_text("anon 400000\nfile 7\n")
    assert memory.free() == 600_000
    monkeypatch.setattr(memory, "PROC", tmp_path / "none")
    assert memory.free() is None


class Told(SimpleNamespace):
    """What a step's run is told of a learning curve."""

    def log_table(self, _: str, points: list[dict[str, float]]) -> None:
        self.points = points

    def log_series(self, *_: object) -> None: ...

    def note(self, text: str) -> None:
        self.text = text


@pytest.mark.parametrize("all_rows", [0, 5000])
def test_the_points_of_the_curve_are_the_rows_of_each_fit(all_rows: int) -> None:
    table = zoo.made_up(400)
    pipeline = typed.pipeline({"numeric": ["size", "age"]}, {"estimator": zoo.FOREST})
    fits = learning_curve.Fits(
        pipeline, table, "kind", np.arange(320), np.arange(320, 400), lambda _: (), 7
    )
    said = fits.of_part(1)[1]
    run = Told(engine=None, record=SimpleNamespace(metrics=SIZES))
    learning_curve.record(run, fits, said, all_rows=all_rows)  # type: ignore[arg-type]
    assert [point["rows"] for point in run.points] == [40, 80, 160, all_rows or 320]
    assert f"({all_rows or 320:,})" in run.text


def test_what_is_said_of_all_rows() -> None:
    points = [{"rows": 10.0, "f1": 0.5}, {"rows": 20.0, "f1": 0.6}, {"rows": 500.0, "f1": 0.7}]
    said = learning_curve.sentence(points, "f1", {**SIZES, "partitions/rows": 500.0})
    assert said == (
        "trained on 500 rows, and made ready and judged by a sample of 90 of 900 rows (model.rows);"
        " f1 of fits on more and more rows: 0.5000 (10), 0.6000 (20), 0.7000 (500): all rows bring "
        "0.1000 over half of the sample"
    )


SIZES = {"sample/rows": 90.0, "sample/of_rows": 900.0}


@pytest.mark.parametrize(
    ("metric", "figures", "end"),
    [("f1", (0.5, 0.6), "brought 0.1000, the next"), ("rmse", (3, 2.5), "brought 0.5000, the next"),
     ("f1", (0.6, 0.5, 0.55), ": no more than fewer rows bring"), ("auc", (1,), "(model.rows)")],
)  # fmt: skip
def test_what_is_said_of_more_rows(metric: str, figures: tuple[float, ...], end: str) -> None:
    points = [{"rows": 10.0 * 2**n, metric: value} for n, value in enumerate(figures)]
    said = learning_curve.sentence(points, metric, SIZES)
    assert said.startswith("trained on a sample of 90 of 900 rows (model.rows)")
    assert end in said
