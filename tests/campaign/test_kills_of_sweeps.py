"""Sweeps that are killed at any moment: no orphan, no open row, the same table afterwards."""

import random
import time
from collections.abc import Callable

import pytest

from tests.campaign.test_faults_of_runs import until
from tests.conftest import Project
from tests.test_interrupt import processes
from tests.test_kill import nothing_is_damaged
from tests.test_sweeps import executed, table

pytestmark = pytest.mark.campaign
KILLS = 20
LONGEST = 25.0  # seconds until a kill, at most
GRID = ("python", "main.py", "-m", "model.estimator.n_estimators=4,6",
        "data/segregate=stratified,group", "sweep.workers=2")  # fmt: skip
Count = Callable[[str, object], None]


def test_grids_are_killed(fresh: Project, record_property: Count) -> None:
    record_property("kills", KILLS)
    chance, tables = random.Random(15), {}
    for number in range(KILLS):
        seed = f"main.random_seed={number // 2}"  # half of them have done some of it before
        with fresh.start(*GRID, seed) as running:
            time.sleep(chance.uniform(0.5, LONGEST))
            running.kill()
        until(lambda: processes(fresh) == [])
        nothing_is_damaged(fresh)
        after = fresh.run(*GRID, seed)
        assert after.status == 0, after.out + after.err
        assert "Traceback" not in after.out + after.err
        assert {run["status"] for run in fresh.runs()} <= {"FINISHED", "KILLED", "FAILED"}
        tables[seed] = table(after.out)
    assert executed(fresh)["train_random_forest"] >= 4 * len(tables)
    for seed in list(tables)[:2]:
        undisturbed = fresh.run(*GRID, seed, "main.artifact_store=other")
        assert table(undisturbed.out) == tables[seed]
