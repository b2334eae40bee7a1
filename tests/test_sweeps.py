"""Sweeps: shared work once, no test rows, no champion, nothing twice, and the best job alone."""

import re
from collections import Counter

import pytest

from tests.conftest import Project

GRID = ("python", "main.py", "-m", "model.estimator.n_estimators=4,6",
        "data/segregate=stratified,group", "hydra/launcher=joblib")  # fmt: skip


def executed(project: Project) -> Counter[str]:
    """Return how often each step has run, by MLflow's runs."""
    steps = (r for r in project.runs() if r["tags"].get("mlflow.source.type") == "PROJECT")
    return Counter(run["name"] for run in steps if "pipeline.cached" not in run["tags"])


def table(out: str) -> list[str]:
    """Return the lines of the closing table without their seconds and what served them."""
    lines = out.rpartition("\n\n")[2].splitlines()
    return [re.sub(r" · (cached|finished) · [\d.]+ s$", "", line) for line in lines]


@pytest.mark.slow
def test_a_grid_two_jobs_at_once_in_a_fresh_clone(fresh: Project) -> None:
    fresh.environment["MLFLOW_EXPERIMENT_NAME"] = "mine"
    first = fresh.run(*GRID)
    assert first.status == 0, first.out + first.err
    once = {"get_data": 1, "preprocess": 1, "check_data": 1, "segregate": 2}
    assert executed(fresh) == once | {"train_random_forest": 4}
    runs = fresh.runs()
    (sweep,) = (run for run in runs if run["name"].startswith("sweep "))
    jobs = [run for run in runs if run["tags"].get("mlflow.parentRunId") == sweep["id"]]
    assert {run["name"].partition(" · random_forest")[0] for run in jobs} == {
        f"n_estimators={n} · segregate={s}" for n in (4, 6) for s in ("stratified", "group")
    }
    assert {run["status"] for run in runs} == {"FINISHED"}
    (experiment,) = {run["experiment"] for run in runs}
    assert fresh.mlflow().get_experiment(experiment).name == "mine"
    assert "| n_estimators |" in sweep["tags"]["mlflow.note.content"]
    assert not list((fresh.root / "artifacts" / "aliases" / "model_export").glob("champion*"))

    again = fresh.run(*GRID)
    assert again.status == 0
    assert again.out.count(" · cached · f1 ") == 4
    assert table(again.out) == table(first.out)
    assert len(fresh.runs()) == len(runs)

    best = fresh.run(*GRID, "sweep.evaluate=best", "gate.slices={}")
    assert best.status == 0, best.out + best.err
    assert executed(fresh) == executed(fresh) | {"evaluate": 1}
    first_job = table(first.out)[0].split(" · ")
    assert f"best: n_estimators={first_job[3]} segregate={first_job[4]}" in best.out


@pytest.mark.slow
def test_jobs_that_fail_are_listed_and_stop_no_other(project: Project) -> None:
    done = project.run(
        "python", "main.py", "-m", "main.steps=segregate", "data.test_size=0.25,1.5,0.35",
        "main.experiment_name=sweep",
    )  # fmt: skip
    assert done.status == 1
    assert done.err.strip() == "error: 1 of 3 jobs failed, as listed above"
    jobs = [r for r in project.runs() if " · sweep · " in r["name"]]
    assert sorted(run["metrics"]["segregate/rows_test"] for run in jobs) == [1214, 1699]
    assert re.search(
        r"(?m)^\[2/3\] test_size=1\.5 · failed · .+ s · data\.test_size must", done.out
    )
    assert [line[:1] for line in table(done.out)] == ["1", "3", "2"]
    (sweep,) = (run for run in project.runs() if run["name"].startswith("sweep "))
    assert {run["tags"]["mlflow.parentRunId"] for run in jobs} == {sweep["id"]}
    assert sweep["status"] == "FAILED"
