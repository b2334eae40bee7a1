"""main.action=runs: what there is, from manifests and the register."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.comparison import listing
from pipeline.files import write_json
from pipeline.tracking.register import Entry
from tests.conftest import ROOT
from tests.fakes.recorded import manifest, step


def recorded(root: Path, place: str, run: str, **facts: Any) -> dict[str, Any]:
    """Write the manifest of a run; return it."""
    judged = step("judge", outputs=[{"type": "predictions", "name": "p", "version": 0,
                                     "digest": "d"}], metrics={"f1": 0.5})  # fmt: skip
    made = manifest(facts.pop("steps", [judged]), run=run * 32)
    made["config"]["data"] |= {"name": "songs"} | facts
    made["config"]["main"] |= {"steps": "all", "report": True}
    (root / place).mkdir(parents=True)
    write_json(root / place / "manifest.json", made)
    return made


def show(root: Path, capsys: pytest.CaptureFixture[str], **asked: Any) -> list[str]:
    """Return the lines that are printed."""
    wanted = {"sort": "started", "condition": None, "limit": 20, "metric": "f1"} | asked
    below = listing.show(root, **wanted)
    return [*capsys.readouterr().out.splitlines(), *below]


def test_without_runs_it_says_how_one_is_made(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(root, capsys) == ["no runs yet; python main.py makes one"]


def test_the_newest_first_with_what_is_special(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(root, "outputs/2026-01-01/10-00-00", "a")
    recorded(root, "outputs/2026-01-02/10-00-00", "b", test_size=0.2)
    failed = step("judge", status="failed", error="no")
    recorded(root, "multirun/2026-01-03/10-00-00/0", "c", steps=[failed])
    assert show(root, capsys) == [
        "cccccccc · 2026-01-03 10:00 · failed · songs",
        "bbbbbbbb · 2026-01-02 10:00 · finished · songs · 0.5000 · test_size=0.2",
        "aaaaaaaa · 2026-01-01 10:00 · finished · songs · 0.5000",
        "3 runs; compare some: main.action=compare main.run=A,B",
    ]
    assert show(root, capsys, limit=1)[1:] == [
        "1 of 3 runs; main.limit=3 shows 3; compare some: main.action=compare main.run=A,B"
    ]
    assert show(root, capsys, condition="status=failed")[0].startswith("cccccccc")
    assert [line[:8] for line in show(root, capsys, sort="-started")[:3]] == [
        "aaaaaaaa", "bbbbbbbb", "cccccccc",
    ]  # fmt: skip


def test_a_run_that_runs_one_that_was_killed_and_a_damaged_one(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alive, dead = root / "outputs/2026-01-01/alive", root / "outputs/2026-01-01/dead"
    for folder, run in ((alive, "a"), (dead, "b")):
        folder.mkdir(parents=True)
        (folder / "config.yaml").touch()
        entry = Entry.begin(run * 32, root, folder)
    entry.close(root)
    damaged = root / "outputs/2026-01-02/10-00-00"
    damaged.mkdir(parents=True)
    (damaged / "manifest.json").write_text("{")
    lines = show(root, capsys)
    assert {tuple(line.split(" · ")[n] for n in (0, 2)) for line in lines[:2]} == {
        ("aaaaaaaa", "running"), ("bbbbbbbb", "killed"),
    }  # fmt: skip
    assert "manifest.json is damaged" in lines[2]
    assert lines[3].startswith("2 runs;")


@pytest.mark.slow
def test_the_list_imports_nothing_that_takes_seconds() -> None:
    code = (
        "import json, sys; from pipeline.comparison import listing; "
        "print(json.dumps([m for m in ('mlflow', 'pandas', 'sklearn', 'matplotlib', 'wandb', "
        "'pyarrow') if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
