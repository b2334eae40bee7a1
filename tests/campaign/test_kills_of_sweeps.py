"""Sweeps that are killed at any moment: no orphan, no open row, the same table afterwards."""

import random
import time
from collections.abc import Callable

import pytest

from tests.campaign.test_faults_of_runs import until
from tests.conftest import Project
from tests.search.test_searches import SEARCH, trials
from tests.test_interrupt import processes
from tests.test_kill import nothing_is_damaged
from tests.test_sweeps import GRID, executed, table

pytestmark = pytest.mark.campaign
KILLS = 20
LONGEST = 25.0  # seconds until a kill, at most
Count = Callable[[str, object], None]
FEW = (*SEARCH, "main.trials=6", "search.startup=3", "main.workers=2")


@pytest.mark.parametrize(
    ("command", "least"), [(GRID, 4), (FEW, 5)], ids=["grid", "search"]
)  # of a search two trials may be the same
def test_sweeps_are_killed(
    fresh: Project, record_property: Count, command: tuple[str, ...], least: int
) -> None:
    record_property("kills", KILLS)
    chance, tables = random.Random(15), {}

    def result(said: str) -> object:
        return table(said) if command == GRID else trials(fresh)

    for number in range(KILLS):
        seed = f"main.random_seed={number // 2}"  # half of them have done some of it before
        with fresh.start(*command, seed) as running:
            time.sleep(chance.uniform(0.5, LONGEST))
            running.kill()
        until(lambda: processes(fresh) == [])
        nothing_is_damaged(fresh)
        after = fresh.run(*command, seed)
        assert after.status == 0, after.out + after.err
        assert "Traceback" not in after.out + after.err
        assert {run["status"] for run in fresh.runs()} <= {"FINISHED", "KILLED", "FAILED"}
        tables[seed] = result(after.out)
    assert executed(fresh)["train_random_forest"] >= least * len(tables)
    for seed in list(tables)[:2]:
        undisturbed = fresh.run(*command, seed, "main.artifact_store=other")
        assert undisturbed.status == 0, undisturbed.out + undisturbed.err
        assert result(undisturbed.out) == tables[seed]
