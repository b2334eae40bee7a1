"""What a person sees: plain lines in a file or a pipe, a live line and a table on a terminal."""

import os
import pty
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline import paths
from pipeline.cache.cache import Decision
from pipeline.cache.history import Execution
from pipeline.cache.step_key import StepKey
from pipeline.commands import console
from pipeline.context import RunContext
from pipeline.screen import terminal
from pipeline.store.artifacts import Store
from pipeline.tracking.record import Record
from pipeline.tracking.wandb_store import WandbStore
from tests.processes import program_words

Capture = pytest.CaptureFixture[str]


def artifact(name: str, version: int, metadata: Any) -> dict[str, Any]:
    return {"name": name, "version": version, "metadata": metadata}


SPLIT = Record(
    "segregate",
    {},
    "now",
    status="finished",
    seconds=1.25,
    inputs=[artifact("clean.csv", 4, {"rows": 5000})],
    outputs=[artifact("train.csv", 0, {"rows": 3500}), artifact("test.csv", 1, {"rows": 1500})],
    metrics={"rows_train": 3500},
)
METRICS = {"f1": 0.123456789, "f1/Pop": 0.9, "rows": 3, "loss": 2, "log": 1e-9, "fourth": 4}
FAILED = Record("evaluate", {}, "now", status="failed", seconds=61, metrics=METRICS)
MODEL = Record("train", {}, "now", "finished", outputs=[artifact("model", 12, {"classes": 3})])
NO_FACTS = Record("train", {}, "now", "finished", inputs=[artifact("model", 0, {})])


@pytest.mark.parametrize(
    ("records", "lines"),
    [
        ([], []),
        (
            [SPLIT, FAILED],
            [
                "segregate · finished · 1.2 s · 5,000 → 3,500 + 1,500 · train.csv:v0, test.csv:v1",
                "evaluate · failed · 61.0 s · f1 0.12346, loss 2, log 1e-09",
            ],
        ),
        ([MODEL], ["train · finished · 0.0 s · model:v12"]),
        ([NO_FACTS], ["train · finished · 0.0 s"]),
    ],
)
def test_the_closing_lines(records: list[Record], lines: list[str], capsys: Capture) -> None:
    terminal.begin()
    console.closing_table([(facts, False) for facts in records])
    *steps, total = capsys.readouterr().out.splitlines() or [""]
    assert steps == lines
    seconds = sum(facts.seconds for facts in records)
    spent = f" · {seconds:.1f} s in the steps" * bool(seconds)
    assert total == (f"total · 0.0 s{spent}" if records else "")


def test_a_step_that_was_served_took_no_time(capsys: Capture) -> None:
    console.closing_table([(SPLIT, True)])
    line, total = capsys.readouterr().out.splitlines()
    assert total.startswith("total · 1 cached · ")
    assert line == "segregate · cached · 5,000 → 3,500 + 1,500 · train.csv:v0, test.csv:v1"


def test_the_plan(capsys: Capture) -> None:
    key = StepKey({})
    hit = Execution(key, SPLIT, time.time() - 7300, "abc")
    console.plan([
        Decision("segregate", {}, {}, "hit: same as run abc", key, hit, 3.0),
        Decision("train", {}, {}, "run: data.test_size 0.3 → 0.2", key, None, 4.4),
        Decision("evaluate", {}, {}, "run: first time"),
    ])  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "segregate · hit · same as run abc, 2 hours ago · 0 s",
        "train · run · data.test_size 0.3 → 0.2 · 4 s",
        "evaluate · run · first time · ?",
    ]


def test_a_step_is_announced_before_it_runs(capsys: Capture) -> None:
    with console.step(2, 6, "segregate", "run: first time"):
        assert capsys.readouterr().out == "[2/6] segregate  run: first time\n"
        print("its output")
    assert capsys.readouterr().out == "its output\n"


def test_a_step_that_fails_says_so_itself(capsys: Capture) -> None:
    with pytest.raises(ZeroDivisionError), console.step(1, 1, "get_data", "run: forced"):
        _ = 1 / 0
    assert capsys.readouterr() == ("[1/1] get_data  run: forced\n", "")


@pytest.mark.parametrize(
    ("mode", "in_wandb"),
    [("offline", False), ("disabled", False), ("online", True), ("online", False)],
)
def test_where_to_look(
    mode: str, in_wandb: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///here.db")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    context = RunContext(str(tmp_path), "auto", 1, 1, mode, "songs")
    plain = Store(tmp_path)
    store = WandbStore(str(tmp_path), "wandb/team/songs", print) if in_wandb else plain
    runs, *sync, artifacts = console.where_to_look(context, store)
    assert runs == "See the runs: mlflow ui --backend-store-uri sqlite:///here.db"
    to_send = mode != "disabled" and not in_wandb  # online: the service did not answer
    assert [line.split(":")[0] for line in sync] == ["Send them to W&B"] * to_send
    assert artifacts == f"Artifacts: {store.url} · log: {paths.LOG_FILE}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@mlflow.example")
    assert console.where_to_look(context, store)[0] == "See the runs: https://***@mlflow.example"


def on_terminal(program: str, encoding: str) -> list[str]:
    """Run a program on a terminal of its own; return what it shows, without colours and motions."""
    ours, its = pty.openpty()
    plain = {n: v for n, v in os.environ.items() if n not in ("NO_COLOR", "FORCE_COLOR", "LINES")}
    asked = {"TERM": "xterm", "COLUMNS": "80", "PYTHONIOENCODING": encoding}
    environment = plain | asked | {"PYTHONPATH": str(paths.ROOT)}
    with subprocess.Popen(
        program_words(program), stdin=its, stdout=its, stderr=its, env=environment
    ) as process:
        os.close(its)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(ours)
    text = shown.decode(encoding)
    assert process.returncode == 0, text
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "\n").splitlines()


@pytest.mark.parametrize(
    ("encoding", "arrow", "line"),
    [("utf-8", "→", "─"), pytest.param("latin-1", "->", "-", marks=pytest.mark.slow)],
)
def test_on_a_terminal(encoding: str, arrow: str, line: str) -> None:
    shown = on_terminal("on_terminal.py", encoding)
    lines = [line.strip() for line in shown if line.strip()]
    assert lines[0].startswith(f"[1/2] segregate  run: [x] 1 {arrow} 2 {line}{line}")
    assert any(line.endswith("[1/2] segregate  0 s") for line in lines)
    assert any(line.startswith("40 of 100 trees ") for line in lines), "how far its loop is"
    said = ["from the step", "[bold]from its child 3.5 ·", "its errors", "after it"]
    assert [line for line in lines if line in said] == said
    closing = lines[lines.index("after it") + 1 :]  # one, though two were asked for: one is empty
    assert re.sub(r"[\d.]+ s", "S s", "\n".join(closing)) == "\n".join([
        f"step       status    seconds  rows in {arrow} out  key metrics  artifacts",
        line * (66 + len(arrow)),
        f"segregate  finished    S s  1,000{' ' * (22 + len(arrow))}a.csv:v7",
        "total                  S s",
    ])  # fmt: skip
