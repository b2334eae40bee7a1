"""A step's run, in this process: what it leaves when it ends well, is refused, breaks or stops."""

import hashlib
import logging
import re
import signal
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import paths
from pipeline.context import HANDED, RunContext
from pipeline.errors import InputError
from pipeline.step import start
from pipeline.store.artifacts import Store
from pipeline.tracking import record

TABLE = pa.table({"n": [1, 2, 3], "text": ["a", "", None]})


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store, a record folder and a log of this test's own; no W&B."""
    monkeypatch.setattr(paths, "LOG_FILE", tmp_path / "ml_pipeline.log")
    monkeypatch.setattr(paths, "MLRUNS", tmp_path / "mlruns")
    monkeypatch.setattr("sys.excepthook", None)  # start_run sets it; restored with the test
    context = RunContext(
        str(tmp_path / "artifacts"), "disabled", 1, 1, "disabled", "songs",
        record_folder=str(tmp_path / "record"),
    )  # fmt: skip
    for name, value in context.to_environ().items():
        monkeypatch.setenv(name, value if name in ("PATH", HANDED) else str(tmp_path / "elsewhere"))
    monkeypatch.setenv("MLFLOW_RUN_ID", "f00d")


@contextmanager
def step(name: str, **parameters: object) -> Iterator[start.StepRun]:
    """Run a step without pytest's log handlers, beside which it would not set up its own."""
    handlers, logging.root.handlers[:] = logging.root.handlers[:], []
    try:
        with start.start_run(name, Namespace(**parameters)) as run:
            yield run
    finally:
        for handler in logging.root.handlers:
            handler.close()
        logging.root.handlers[:] = handlers
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artifacts")


def left(folder: Path) -> record.Record:
    found = record.read_record(folder / "record")
    assert found
    return found


def make_table(name: str, table: pa.Table = TABLE) -> None:
    with step("first", size=0.5) as run:
        run.write_table(name, table, "raw", "A table")


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_table_goes_through_two_steps(name: str, tmp_path: Path, store: Store) -> None:
    make_table(name)
    with step("second", input=name) as run:
        table = run.read_table(f"{name}:latest")
        run.write_table(f"copy_of_{name}", table.slice(1), "raw", "Without its first row")
    assert table.equals(TABLE)
    made = store.get(f"copy_of_{name}")
    assert made.inputs == ({"name": name, "version": 0, "digest": store.get(name).digest},)
    assert made.run_ids == {"mlflow": "f00d"}
    assert made.step == "second"
    facts = left(tmp_path)
    assert [record.reference(a) for a in facts.inputs + facts.outputs] == [
        f"{name}:v0", f"copy_of_{name}:v0"]  # fmt: skip
    assert facts.outputs[0]["metadata"]["rows"] == 2
    assert (facts.status, facts.error, facts.parameters) == ("finished", None, {"input": name})


def test_metrics_tables_and_pictures(tmp_path: Path) -> None:
    with step("first") as run:
        run.log({"auc": 0.5, "f1/a|b": 0.25})
        run.log({"auc": 0.75})
        run.log_table("classes", [{"class": "a|b", "rows": 3}])
        run.log_picture("empty", b"\x89PNG")
    facts = left(tmp_path)
    assert facts.metrics == {"auc": 0.75, "f1/a|b": 0.25}
    assert facts.headline() == {"auc": 0.75}
    assert facts.tables == {"classes": [{"class": "a|b", "rows": 3}]}
    picture = (tmp_path / "record" / "empty.png").read_bytes()
    assert facts.pictures == {"empty.png": hashlib.sha256(picture).hexdigest()}
    made = {path.name for path in (tmp_path / "record").iterdir()}
    assert made == {"record.json", "classes.json", "classes.md", "empty.png", "output.log"}
    assert picture == b"\x89PNG"


def end(how: Callable[[], None]) -> None:
    """Run a step that has made an output when its end comes."""
    with step("first") as run:
        run.write_table("table.csv", TABLE, "raw", "A table")
        how()


@pytest.mark.parametrize(
    ("error", "ends_with", "said"),
    [
        (
            InputError("no such column; choose another"),
            SystemExit,
            "no such column; choose another",
        ),
        (ZeroDivisionError("a bug"), ZeroDivisionError, "ZeroDivisionError: a bug; this is a fau"),
        (KeyboardInterrupt(), KeyboardInterrupt, "stopped"),
    ],
)
def test_a_failed_step_publishes_nothing(
    error: BaseException, ends_with: type, said: str, tmp_path: Path, store: Store
) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(ends_with) as caught:
        end(fail)
    if isinstance(caught.value, SystemExit):
        assert caught.value.code == 1
        assert f"ERROR   first: {said}" in (tmp_path / "ml_pipeline.log").read_text()
    facts = left(tmp_path)
    assert (facts.status, facts.outputs) == ("failed", [])
    assert facts.error
    assert facts.error.startswith(said)
    assert not store.exists("table.csv")


def test_a_termination_is_a_failure(tmp_path: Path, store: Store) -> None:
    with pytest.raises(SystemExit) as caught:
        end(lambda: signal.raise_signal(signal.SIGTERM))
    assert caught.value.code == 128 + signal.SIGTERM
    assert left(tmp_path).status == "failed"
    assert not store.exists("table.csv")


def test_an_unknown_input(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), step("second") as run:
        run.read_table("table.csv:latest")
    assert left(tmp_path).error is not None
    assert "no artifact table.csv" in str(left(tmp_path).error)
    assert left(tmp_path).inputs == []


def test_a_damaged_input_is_not_used(tmp_path: Path, store: Store) -> None:
    make_table("table.csv")
    (file,) = (tmp_path / "artifacts" / "objects").rglob("table.csv")
    file.write_text(file.read_text().replace("1", "7"))
    with pytest.raises(SystemExit), step("second") as run:
        run.read_table("table.csv:v0")
    assert "instead of" in str(left(tmp_path).error)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/abs/table.csv", "a name of at most 128 letters"),
        ("../table.csv", "a name of at most 128 letters"),
        ("table.csv:v9", "an alias or a version is named only where an artifact is read"),
    ],
)
def test_an_output_is_called_by_a_plain_name(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit), step("first") as run:
        run.output_path(name)
    assert said in str(left(tmp_path).error)


def test_two_outputs_of_one_name(store: Store) -> None:
    with step("first") as run:
        run.write_table("table.csv", TABLE, "raw", "A table")
        with pytest.raises(InputError, match=r"two outputs are called table\.csv; give one"):
            run.write_table("table.csv", TABLE, "raw", "A table")
    assert store.versions("table.csv") == [0]


def test_a_project_that_wandb_does_not_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(HANDED)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    monkeypatch.setenv("WANDB_PROJECT", "team/songs")
    lines: list[str] = []
    logger = logging.getLogger("first")
    monkeypatch.setattr(logger, "error", lambda form, *words: lines.append(form % words))
    with pytest.raises(SystemExit, match="1"), step("first"):
        pass
    (line,) = lines
    assert line.startswith("main.project_name, or WANDB_PROJECT where it is set, must be at most")
    assert line.endswith("got 'team/songs'")


def test_nothing_is_left_in_the_work_folder() -> None:
    with step("first") as run:
        place = run.output_path("table.csv")
        place.write_text("n\n1\n")
        run.add_artifact("table.csv", place, "raw", "A table", {})
    assert not place.parent.parent.exists()


def test_the_log_has_a_line_for_each_fact(tmp_path: Path) -> None:
    make_table("table.csv")
    lines = (tmp_path / "ml_pipeline.log").read_text().splitlines()
    assert [re.sub(r"\d+\.\d s$", "N s", line.split("INFO    ")[1]) for line in lines] == [
        "first: wrote table.csv:v0", "first: done in N s"]  # fmt: skip
