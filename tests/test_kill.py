"""Killed at any moment: the same command goes on where it was, and nothing half-written is seen."""

import os
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from pipeline.store.artifacts import Store
from pipeline.store.digests import Digests
from tests.conftest import STEPS, Project

LONGEST = {"train_random_forest": 3.0, "evaluate": 2.0}  # seconds until the kill, at most


def killed_in(project: Project, step: str, wait: float) -> bool:
    """Start the pipeline and kill it with all its processes so long after the step's beginning.

    What is known of earlier executions of that step is forgotten first, so that it runs. Says
    whether the pipeline was still at work when it was killed.
    """
    shutil.rmtree(project.root / "artifacts" / "steps" / step, ignore_errors=True)
    variables = project.variables
    command = project.words(("python", "main.py", "experiment=quick"))
    with subprocess.Popen(
        command, cwd=project.root, env=variables, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as running:  # fmt: skip
        assert running.stdout
        for line in running.stdout:
            if re.match(rf"\[\d/\d\] {step}  run: ", line):
                break
        else:
            return False
        time.sleep(wait)
        alive = running.poll() is None
        os.killpg(running.pid, signal.SIGKILL)
    return alive


def nothing_is_damaged(project: Project) -> None:
    """Every version in the store is whole, and every alias means one."""
    store = Store(project.root / "artifacts")
    digests = Digests(project.root / "none.json")
    for name in store.names():
        for number in store.versions(name):
            assert store.fault(store.get(f"{name}:v{number}"), digests) is None
        assert set(store.aliases(name).values()) <= set(store.versions(name))


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="kills a process group")
@pytest.mark.parametrize(
    "times",
    [pytest.param(times, marks=pytest.mark.thorough) for times in (1, 4)],
)
def test_many_kills(fresh: Project, times: int) -> None:
    chance = random.Random(20)
    kills = 0
    for step in STEPS:
        for _ in range(times):
            kills += killed_in(fresh, step, chance.uniform(0, LONGEST.get(step, 0.6)))
            nothing_is_damaged(fresh)
    assert kills == times * len(STEPS)
    ended = fresh.run("python", "main.py", "experiment=quick", "main.experiment_name=ended")
    assert ended.status == 0, ended.out + ended.err
    assert "get_data  hit: same as run" in ended.out
    nothing_is_damaged(fresh)
    # What came out in pieces is what comes out at one go.
    pieces = outputs(fresh, "artifacts")
    words = ["experiment=quick", "main.artifact_store=other"]
    at_once = fresh.run("python", "main.py", *words)
    assert at_once.status == 0, at_once.out + at_once.err
    assert outputs(fresh, "other") == pieces


def outputs(project: Project, store: str) -> dict[str, str]:
    """Return the digest of the latest version of every artifact."""
    found = Store(project.root / store)
    return {name: found.get(f"{name}:latest").digest for name in found.names()}
