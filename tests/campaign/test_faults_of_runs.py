"""Whole runs that are killed, and pairs of runs at once: nothing damaged, the same artifacts."""

import os
import random
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path

import pytest

from tests.conftest import STEPS, Project, copy_project, copy_results
from tests.test_interrupt import processes
from tests.test_kill import LONGEST, killed_in, nothing_is_damaged, outputs

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not hasattr(os, "killpg"), reason="kills a process group"),
]
KILLS = 4  # in each step
ORPHANS = 4
PAIRS = 5  # of each of the four kinds
COMMAND = ("python", "main.py", "main.steps=get_data:segregate", "main.report=false")
FORCED = "main.force=[get_data,preprocess,check_data,segregate]"
SIZES = ("0.2", "0.4")
Count = Callable[[str, object], None]


def test_whole_runs_are_killed(fresh: Project, record_property: Count) -> None:
    record_property("faults", KILLS * len(STEPS))
    chance = random.Random(13)
    for step in STEPS:
        for _ in range(KILLS):
            killed_in(fresh, step, chance.uniform(0, LONGEST.get(step, 0.6)))
            nothing_is_damaged(fresh)
    ended = fresh.run("python", "main.py", "experiment=quick")
    assert ended.status == 0, ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err
    at_once = fresh.run("python", "main.py", "experiment=quick", "main.artifact_store=other")
    assert at_once.status == 0, at_once.out + at_once.err
    assert outputs(fresh, "other") == outputs(fresh, "artifacts")
    status = [run["status"] for run in fresh.runs()]
    assert "RUNNING" not in status  # the runs of the killed ones are closed
    assert status.count("KILLED") >= KILLS


def test_the_steps_of_a_killed_run_end_and_its_rows_are_closed(
    fresh: Project, record_property: Count
) -> None:
    """main.py alone is killed, not its group: as by the kernel when memory is short."""
    record_property("faults", ORPHANS)
    log = fresh.root / "ml_pipeline.log"
    for _ in range(ORPHANS):
        size = log.stat().st_size if log.exists() else 0
        with fresh.start(*COMMAND, "main.force=[preprocess,check_data,segregate]") as running:
            until(partial(says, log, "preprocess: read", size))
            running.kill()
        until(lambda: processes(fresh) == [])
        nothing_is_damaged(fresh)
    done = fresh.run(*COMMAND)
    assert done.status == 0, done.out + done.err
    status = [run["status"] for run in fresh.runs()]
    assert "RUNNING" not in status
    assert status.count("KILLED") >= ORPHANS


def says(log: Path, words: str, after: int) -> bool:
    """Whether a log says something, after so many letters."""
    return log.exists() and words in log.read_text("utf-8")[after:]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def store_of(size: str) -> str:
    """The undisturbed store of a configuration."""
    return f"size-{size}"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = copy_project(tmp_path_factory.mktemp("undisturbed") / "repository")
    made.environment["WANDB_MODE"] = "disabled"
    for size in SIZES:
        done = made.run(*COMMAND, f"data.test_size={size}", f"main.artifact_store={store_of(size)}")
        assert done.status == 0, done.out + done.err
    return made


@pytest.mark.parametrize(("warm", "same"), list(product((False, True), repeat=2)))
def test_pairs_of_runs_at_once(
    undisturbed: Project, tmp_path: Path, warm: bool, same: bool, record_property: Count
) -> None:
    record_property("faults", PAIRS)
    sizes = (SIZES[0], SIZES[0] if same else SIZES[1])
    for number in range(PAIRS):
        root = tmp_path / f"repository {number}"
        project = copy_results(undisturbed.root, root) if warm else copy_project(root)
        project.environment["WANDB_MODE"] = "disabled"
        store = f"main.artifact_store={store_of(SIZES[0]) if warm else 'artifacts'}"
        words = [(*COMMAND, store, f"data.test_size={size}") for size in sizes]
        words = [(*command, FORCED) for command in words] if warm else words
        both = [project.start(*command) for command in words]
        said = [run.communicate(timeout=300)[0] for run in both]
        assert [run.returncode for run in both] == [0, 0], "\n".join(said)
        assert "Traceback" not in "".join(said)
        for size in dict.fromkeys(sizes):  # the next command: what was made is there, and whole
            after = project.run(*COMMAND, store, f"data.test_size={size}")
            assert after.status == 0, after.out + after.err
            place = store.partition("=")[2]
            assert outputs(project, place) == outputs(undisturbed, store_of(size))
        assert "RUNNING" not in {run["status"] for run in project.runs()}
