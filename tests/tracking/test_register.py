"""Where runs have written: entries, the folders they lead to, and what cannot be looked at."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.tracking import register, run_folders
from pipeline.tracking.record import Record


def ended(root: Path, folder: Path | None, outputs: tuple[tuple[str, str], ...] = ()) -> None:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text("{}")
    made = [
        {"name": n, "version": 0, "digest": d, "metadata": {"large": "x" * 9}} for n, d in outputs
    ]
    record = Record("split", {"size": 1}, "2026-01-01", outputs=made, wandb_run="w1")
    register.Entry.begin("m1", root, folder).end([record], root)


def found(root: Path) -> tuple[list[Path], list[str]]:
    notes: list[str] = []
    return [folder.path for folder in run_folders.run_folders(root, notes)], notes


def test_an_entry_says_what_a_run_made(root: Path) -> None:
    ended(root, root / "outputs" / "exp_a", (("t.csv", "d1"),))
    (entry,) = register.entries(root, [])
    assert (entry.folder, entry.wandb, entry.tracking_uri) == ("outputs/exp_a", "wandb", "")
    (record,) = entry.executions()
    assert record.outputs == [{"name": "t.csv", "version": 0, "digest": "d1"}]
    assert register.running(root) == []


def test_folders_of_runs_are_found_wherever_they_are_and_in_a_copy(
    root: Path, tmp_path: Path
) -> None:
    plain = root / "outputs" / "2020-01-01" / "10-00"
    plain.mkdir(parents=True)
    (plain / "manifest.json").write_text("{}")
    inside, outside = root / "outputs" / "exp_a", tmp_path / "elsewhere" / "b"
    ended(root, inside)
    ended(root, outside)
    assert found(root) == ([inside, outside, plain], []) or found(root) == (
        [outside, inside, plain], [])  # fmt: skip
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    assert set(found(copy)[0]) == {
        copy / "outputs" / "exp_a",
        outside,
        copy / plain.relative_to(root),
    }


def test_a_folder_elsewhere_that_is_gone_is_said_and_one_deleted_here_is_not(
    root: Path, tmp_path: Path
) -> None:
    for folder in (root / "outputs" / "exp_a", tmp_path / "elsewhere"):
        ended(root, folder)
        shutil.rmtree(folder)
    folders, (note,) = found(root)
    assert folders == []
    assert note.startswith(f"not looked at: {tmp_path}/elsewhere of run m1 (No such file")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": 1}', '{"records": [3]}'])
def test_a_damaged_entry_blocks_no_other(root: Path, text: str) -> None:
    ended(root, root / "outputs" / "exp_a")
    (root / ".runs" / "20200101-000000-dead.json").write_text(text)
    folders, (note,) = found(root)
    assert folders == [root / "outputs" / "exp_a"]
    assert "20200101-000000-dead.json is damaged" in note


def test_a_run_that_goes_on_is_known_and_its_end_replaces_that(root: Path) -> None:
    entry = register.Entry.begin(None, root, root / "outputs" / "x").known_as("m2", root)
    assert [e.mlflow_run for e in register.running(root)] == ["m2"]
    entry.end([], root)
    assert register.running(root) == []
    assert [p.suffix for p in (root / ".runs").iterdir()] == [".json"]
    assert json.loads((root / entry.place).read_text())["mlflow_run"] == "m2"


def test_wandb_folders_of_all_runs(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "wandb").mkdir()
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere" / "wandb").mkdir(parents=True)
    ended(root, None)
    monkeypatch.delenv("WANDB_DIR")
    notes: list[str] = []
    folders = run_folders.wandb_folders(root, notes)
    assert folders == [root / "wandb", tmp_path / "elsewhere" / "wandb"]
    shutil.rmtree(tmp_path / "elsewhere")
    assert run_folders.wandb_folders(root, notes) == [root / "wandb"]
    assert notes == [
        f"not looked at: {tmp_path}/elsewhere/wandb, where W&B's runs were; it is gone"
    ]
