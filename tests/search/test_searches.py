"""Searches in clones: exact counts, and the same trials for any number of workers."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project, copy_project
from tests.test_sweeps import executed

pytestmark = pytest.mark.thorough
TRIALS = 16
SEARCH = ("python", "main.py", "main.action=tune", "search=extra_trees", f"main.trials={TRIALS}",
          "model.estimator.n_estimators=5", "search.startup=6")  # fmt: skip
Count = Callable[[str, object], None]


def trials(project: Project) -> list[dict[str, str]]:
    """Return the table of the newest search, without what is other each time."""
    newest = max((project.root / "outputs" / "search").glob("*/trials.csv"))
    with newest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k not in ("seconds", "mlflow_run")} for row in rows]


def test_the_trials_are_the_same_with_two_workers(tmp_path: Path, record_property: Count) -> None:
    tables = []
    for workers in (1, 2):
        project = copy_project(tmp_path / f"with {workers}")
        begin = time.monotonic()
        done = project.run(*SEARCH, f"main.workers={workers}")
        record_property(f"seconds with {workers}", round(time.monotonic() - begin, 1))
        assert done.status == 0, done.out + done.err
        tables.append(trials(project))
        different = {str({**row, "trial": ""}) for row in tables[-1]}
        assert executed(project)["train_random_forest"] == len(different)
    assert len(tables[0]) == TRIALS
    assert tables[0] == tables[1]
    best = project.run("python", "main.py", "experiment=best_extra_trees", "main.action=plan")
    assert "train_random_forest · hit" in best.out
    newest = max((project.root / "outputs" / "search").glob("*/trials.csv"))
    with newest.open(encoding="utf-8", newline="") as file:
        run = next(csv.DictReader(file))["mlflow_run"]
    verified = project.run("python", "main.py", "main.action=verify", f"main.run={run}")
    assert verified.status == 0, verified.out + verified.err
