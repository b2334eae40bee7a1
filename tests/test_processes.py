"""Which process lives, and one that ends with another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import processes
from tests.conftest import ROOT

CHILD = (
    "import time; from pipeline import processes; {}; print('ready', flush=True); time.sleep(60)"
)


def started(line: str, **environment: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", CHILD.format(line)]
    child = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    return child


def test_a_process_lives_until_it_has_ended() -> None:
    with started("None") as child:
        name = processes.identity(child.pid)
        assert processes.lives(name)
        child.kill()
    assert processes.lives(name) is False
    assert processes.lives(processes.identity())


def test_a_number_that_is_given_again_is_another_process() -> None:
    host, number, _ = processes.identity().split(" ", 2)
    assert processes.lives(f"{host} {number} another-start") is False
    assert processes.lives("another-host 1 2") is None
    assert processes.lives("") is None


def test_a_process_ends_with_another_that_is_killed() -> None:
    with started("None") as other:
        line = f"processes.end_with({processes.identity(other.pid)!r})"
        with started(line) as child:
            assert child.poll() is None
            other.kill()
            assert child.wait(30) == -signal.SIGTERM


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")
def test_a_process_ends_with_what_gave_it_a_variable_through_shells(tmp_path: Path) -> None:
    """As a step of `mlflow run`: a shell is between."""
    said = tmp_path / "said"
    child = tmp_path / "child.py"
    line = "processes.end_with_starter('MARK')"
    child.write_text(f"import os; print(os.getpid(), flush=True); {CHILD.format(line)}")
    shell = f"{sys.executable} {child} > {said} & wait"
    starter = "import os, subprocess, sys; "
    starter += "subprocess.run(['bash', '-c', sys.argv[1]], env=os.environ | {'MARK': '1'})"
    with subprocess.Popen(
        [sys.executable, "-c", starter, shell], env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as outer:
        until(lambda: said.exists() and "ready" in said.read_text())
        number = int(said.read_text().split()[0])
        name = processes.identity(number)
        assert processes.lives(name)
        outer.kill()
    until(lambda: processes.lives(name) is False)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
