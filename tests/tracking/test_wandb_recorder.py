"""The recorder of W&B runs: real runs, offline, read back from the files they leave."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError

from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.judging.pictures.canvas import canvas, picture, png
from pipeline.screen import logs
from pipeline.store.artifacts import Store
from pipeline.tracking.record import Record, write_table
from pipeline.tracking.recorder_client import (
    MovedOfflineError,
    RecorderConnection,
    RecorderProcess,
)
from tests import wandb_files
from tests.wandb_files import parsed, summary

SETTINGS = {"id": "abcd1234", "project": "p", "group": "g", "job_type": "split", "name": "split"}


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A recorder that writes below tmp_path."""
    for name in ("WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    with RecorderProcess(offline(tmp_path)) as recorder:
        yield recorder.address


def offline(tmp_path: Path) -> RunContext:
    return RunContext(str(tmp_path / "artifacts"), "offline", 10, 120, "offline", "p")


def records(tmp_path: Path, run_id: str) -> list[Any]:
    """Return what W&B wrote about a run, record by record, when its process has written it all."""
    deadline = time.monotonic() + 5
    while True:
        try:
            (file,) = tmp_path.glob(f"wandb/offline-run-*-{run_id}/run-{run_id}.wandb")
            found = parsed(file)
            if any(message.HasField("exit") for message in found):  # the last thing of a run
                return found
        except (DecodeError, ValueError):  # of a file that is not there yet
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def make_record(folder: Path, status: str = "finished") -> Record:
    """A step's record with one of each: metric, table, picture, output."""
    folder.mkdir()
    (folder / "data.csv").write_text("n\n1\n")
    (folder / "empty.png").write_bytes(png(picture(canvas(10, 10), "empty", "", "")))
    made = Record("split", {"size": 0.5}, "2020-01-01", status=status, metrics={"rows": 1.0})
    made.error = "the disk is full" if status == "failed" else None
    made.tables = {"classes": [{"class": "a", "rows": 1}], "none": []}
    write_table("classes", made.tables["classes"], folder)
    made.pictures = {"empty.png": "abc"}
    made.inputs = [{"name": "raw.csv", "version": 3}]
    facts = {"name": "data.csv", "type": "raw", "description": "A table"}
    store = Store(folder.parent / "artifacts")
    store.put(**facts, path=folder / "data.csv", metadata={"rows": 1})
    made.outputs = [facts | {"version": 0, "metadata": {"rows": 1}}]
    made.local_files = {"data.csv": str(folder / "data.csv")}
    made.series = {
        "trees": [{"trees": 1, "fitting/loss": 0.5}, {"trees": 7, "fitting/loss": 0.25}],
        "fold": [{"fold": 0, "fold/auc": 0.75}, {"fold": 1, "fold/auc": 1.0}],
    }
    (folder / logs.KEPT).write_text("split: 1 rows in\nsplit: done\n")
    made.write(folder)
    return made


def begun(address: str, **settings: Any) -> RecorderConnection:
    recording = RecorderConnection(address)
    recording.begin(SETTINGS | {"config": {}} | settings)
    return recording


def finish(recording: RecorderConnection, folder: Path) -> None:
    try:
        recording.ask("finish", str(folder))
    finally:
        recording.close()  # the recorder waits for that, too


@pytest.mark.slow
def test_everything_of_a_record_is_in_its_run(address: str, tmp_path: Path) -> None:
    """Each call of W&B that works offline, as its own file says."""
    recording = begun(address, config={"size": 0.5}, notes="commit f00d")
    make_record(tmp_path / "record")
    finish(recording, tmp_path / "record")
    found = records(tmp_path, "abcd1234")
    run = wandb_files.started(found)  # wandb.init
    assert (run.project, run.run_group, run.job_type, run.display_name, run.notes) == (
        "p", "g", "split", "split", "commit f00d")  # fmt: skip
    config = wandb_files.config(found)  # config.update
    assert (config["size"], config["inputs"]) == (0.5, ["raw.csv:v3"])
    assert summary(found)["rows"] == 1.0
    assert wandb_files.artifacts(found)["raw:data.csv"] == ["latest"]  # log_artifact
    assert wandb_files.lines(found) == "split: 1 rows in\nsplit: done\n"
    rows = wandb_files.history(found)  # log, of series and of images
    assert list(rows) == [0, 1, 7]
    given = [{k: v for k, v in row.items() if k[0] != "_"} for row in rows.values()]
    assert given[:2] == [
        {"fold": 0, "fold/auc": 0.75},
        {"trees": 1, "fitting/loss": 0.5, "fold": 1, "fold/auc": 1.0},
    ]
    last = given[2]
    assert (last["trees"], last["fitting/loss"]) == (7, 0.25)
    assert last["empty/_type"] == "image-file"
    assert last["classes/_type"] == "table-file"
    assert not [name for name in last if name.startswith("none")]
    assert wandb_files.metrics(found) == {"fitting/loss": "trees", "fold/auc": "fold"}
    (end,) = (m.exit for m in found if m.HasField("exit"))
    assert end.exit_code == 0


@pytest.mark.slow
def test_one_recorder_serves_several_steps_at_once(address: str, tmp_path: Path) -> None:
    both = [begun(address, id=f"run{number}") for number in range(2)]
    for number, recording in enumerate(both):
        make_record(tmp_path / f"record{number}")
        finish(recording, tmp_path / f"record{number}")
    for number in range(2):
        assert summary(records(tmp_path, f"run{number}"))["rows"] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("dies", [True, False])
def test_a_step_that_failed_or_died_is_a_failed_run(
    address: str, tmp_path: Path, dies: bool
) -> None:
    recording = RecorderConnection(address)
    recording.begin(SETTINGS | {"config": {}}, str(tmp_path / "record"))
    make_record(tmp_path / "record", status="failed")
    if dies:
        recording.close()
    else:
        finish(recording, tmp_path / "record")
    found = records(tmp_path, "abcd1234")
    (end,) = (m.exit for m in found if m.HasField("exit"))
    assert end.exit_code == 1
    assert wandb_files.lines(found).startswith("split: 1 rows in\nsplit: done\n")
    assert ("the disk is full" in wandb_files.lines(found)) is not dies


def test_what_wandb_refuses_is_said(address: str, tmp_path: Path) -> None:
    recording = begun(address, project="a/b")
    make_record(tmp_path / "record")
    with pytest.raises(InputError, match=r"W&B: .*WANDB_MODE=offline"):
        finish(recording, tmp_path / "record")


def test_a_recorder_that_has_gone(tmp_path: Path) -> None:
    with RecorderProcess(offline(tmp_path)) as recorder:
        recording = begun(recorder.address, project="a/b")
        recording.close()
    with pytest.raises(MovedOfflineError, match="the W&B recorder has gone"):
        recording.ask("finish", str(tmp_path))
