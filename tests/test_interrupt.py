"""Ctrl-C ends the running step too, and nothing half-written is left."""

import os
import re
import signal
import subprocess
import time

import pytest

from tests.conftest import Project

LONG = ["main.steps=train_random_forest", "model.estimator.n_estimators=5000",
        "main.experiment_name=stopped"]  # fmt: skip
COMMANDS = {
    "python": ["python", "main.py", *LONG],
    "mlflow": [
        "mlflow",
        "run",
        ".",
        "--env-manager=local",
        "-P",
        f"hydra_options={' '.join(LONG)}",
    ],
}


def processes(project: Project) -> list[str]:
    """The command lines of every process that runs in or from the project."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    pids = [line.split(None, 1) for line in listed.stdout.splitlines()[1:]]
    return [words for pid, words in pids if str(project.root) in _folder(pid) + words]


def _folder(pid: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:  # it has ended meanwhile
        return ""


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="reads /proc")
@pytest.mark.parametrize("command", ["python", pytest.param("mlflow", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_interrupt(project: Project, command: str) -> None:
    before = set((project.root / "artifacts" / "versions" / "model_export").iterdir())
    log = project.root / "ml_pipeline.log"
    size = log.stat().st_size
    with project.start(*COMMANDS[command]) as running:
        deadline = time.monotonic() + 120
        while "fitting" not in log.read_text()[size:]:
            assert running.poll() is None, running.stdout and running.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        running.send_signal(signal.SIGINT)  # to this process alone, unlike a terminal's Ctrl-C
        out, _ = running.communicate(timeout=60)
    assert running.returncode == 1, out
    assert "error: stopped during step train_random_forest" in out
    for _ in range(50):
        if not processes(project):
            break
        time.sleep(0.2)
    assert processes(project) == []
    assert set((project.root / "artifacts" / "versions" / "model_export").iterdir()) == before
    stopped = [r for r in project.runs() if r["status"] == "RUNNING"]
    assert stopped == []
    assert re.search(r"train_random_forest · failed", out)
