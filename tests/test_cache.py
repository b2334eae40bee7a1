"""Never the same work twice, in whole pipelines; tests/cache/test_plan.py has the decisions."""

import re

import pytest

from tests.conftest import PROGRAMS, STEPS, Done, Project

QUICK = ["experiment=quick"]
HITS = dict.fromkeys(STEPS, "hit: same as run X")


def run(project: Project, *words: str, **environment: str) -> Done:
    finished = project.run("python", "main.py", *words, **environment)
    assert finished.status == 0, finished.out + finished.err
    return finished


def reasons(finished: Done) -> dict[str, str]:
    """Return what each step said about why it runs or does not, by step."""
    said = re.findall(r"^\[\d/\d\] (\w+)  (.*)$", finished.out, re.MULTILINE)
    return {step: re.sub(r"run [0-9a-f]{8}, .*", "run X", reason) for step, reason in said}


def test_nothing_changed(project: Project) -> None:
    """Neither step nor mlflow, wandb, pandas, scikit-learn: then not even Hydra."""
    program = str(PROGRAMS / "tell_loaded.py")
    for dear in (["mlflow", "wandb", "pandas", "sklearn"], ["hydra", "yaml", "obstore"]):
        finished = project.run("python", program, "main.py", PYTHONPATH=str(project.root))
        assert finished.status == 0, finished.err
        assert reasons(finished) == HITS
        assert "evaluate · cached · 1,457 → 1,457 · auc 0.92" in finished.out
        (loaded,) = re.findall("^loaded: (.*)$", finished.out, re.MULTILINE)
        assert not set(dear) & set(loaded.split())
    assert finished.out.startswith("Nothing has changed since")


def test_files_touched(project: Project) -> None:
    run(project)
    for name in ("assets/songs_sample.parquet", "segregate/split.py", "config.yaml"):
        (project.root / name).touch()
    finished = run(project)
    assert reasons(finished) == HITS
    assert "Nothing has changed" not in finished.out  # it was looked into


def test_the_plan_is_shown(project: Project) -> None:
    finished = run(project, "main.action=plan", "data.test_size=0.25")
    cells = [line.split(" · ") for line in finished.out.splitlines()]
    assert [cell[0] for cell in cells] == STEPS
    assert {step: why for step, verdict, why, _ in cells if verdict != "hit"} == {
        "segregate": "data.test_size 0.3 → 0.25",
        "train_random_forest": "input data_train.csv is made anew",
        "evaluate": "input model_export is made anew",
    }


@pytest.mark.slow
def test_mlflow_shows_what_was_served(project: Project) -> None:
    run(project, "main.force=[segregate]", "main.steps=:segregate", "main.experiment_name=forced")
    runs = project.runs()
    parent = next(r for r in runs if " · forced · " in r["name"])
    children = {r["name"]: r for r in runs if r["tags"].get("mlflow.parentRunId") == parent["id"]}
    assert sorted(children) == sorted(STEPS[:4])
    served, ran = children["check_data"], children["segregate"]
    assert served["tags"]["pipeline.cached"] == "true"
    original = next(r for r in runs if r["id"] == served["tags"]["pipeline.cached_from_step"])
    used = {name for name in original["metrics"] if name.startswith("system/")}
    assert used  # by the execution that serves; this one uses nothing
    assert served["metrics"] == {n: v for n, v in original["metrics"].items() if n not in used}
    assert original["tags"]["mlflow.parentRunId"] == served["tags"]["pipeline.cached_from"]
    assert "pipeline.cached" not in ran["tags"]
    assert ran["tags"]["pipeline.reason"] == "run: forced (main.force=[segregate])"
    assert parent["metrics"]["check_data/passed"] == served["metrics"]["passed"]


@pytest.mark.thorough
def test_two_pipelines_side_by_side_do_not_mix(project: Project) -> None:
    sizes = {"0.4": 1942, "0.15": 729}
    running = {
        size: project.start("python", "main.py", *QUICK, f"data.test_size={size}") for size in sizes
    }
    for size, process in running.items():
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0, out
        made = re.findall(
            r"^evaluate · finished .*? (predictions.parquet:v\d+), evaluation", out, re.MULTILINE
        )
        assert project.manifest(made[0])["metadata"]["rows"] == sizes[size]
        inputs = {i["name"]: i for i in project.manifest(made[0])["inputs"]}
        test = project.manifest(f"data_test.csv:v{inputs['data_test.csv']['version']}")
        assert test["metadata"]["rows"] == sizes[size]
