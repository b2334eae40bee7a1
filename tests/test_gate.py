"""The gate in whole runs: who becomes the champion, who is refused, and what is recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STEPS, Project, copy_project, copy_results

SMALL = "experiment=quick"
ON = "gate.champion=model_export:champion-songs_sample-genre"
WORSE = "model.estimator.max_depth=2"
BETTER = ("model=random_forest_tuned", "model.estimator.n_estimators=30", SMALL, ON)
CHAMPION = "aliases/model_export/champion-songs_sample-genre"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository in which a first model is the champion, by default."""
    made = copy_project(tmp_path_factory.mktemp("gate") / "repository")
    made.environment["WANDB_MODE"] = "disabled"
    done = made.run("python", "main.py", SMALL, ON, "main.report=true")
    assert done.status == 0, done.out + done.err
    assert "model_export:v0 is the champion now" in done.out
    return made


def champion(project: Project) -> str:
    return (project.root / "artifacts" / CHAMPION).read_text()


def verdict(project: Project) -> dict[str, Any]:
    return dict(json.loads(project.file("gate.json:latest").read_text()))


def registered(project: Project) -> Any:
    return project.mlflow().get_model_version_by_alias(
        "reproducible_ml_pipeline-songs_sample-genre", "champion"
    )


def card(project: Project) -> str:
    """Return the card that lies beside the registered champion."""
    model = registered(project).source.removeprefix("models:/")
    place = project.mlflow().get_logged_model(model).artifact_location
    return (Path(place) / "model_card.md").read_text()


@pytest.mark.slow
def test_models_come_and_go(project: Project) -> None:
    """One test, because each run depends on the champion that the others leave."""
    assert verdict(project)["champion"] is None
    assert registered(project).tags["pipeline.artifact"] == "model_export:v0"
    assert "## How good it is" in card(project)
    same = project.run("python", "main.py", SMALL, ON)
    assert (same.status, same.out.count("  hit: ")) == (0, len(STEPS)), same.out + same.err

    for _ in range(2):  # the second time nothing runs, and it is refused all the same
        worse = project.run("python", "main.py", SMALL, ON, WORSE)
        assert worse.status == 1
        assert worse.err.splitlines()[-1].startswith(
            "error: the gate refuses model_export:v1: f1 0."
        )
        assert "is worse than the champion's 0." in worse.err
        assert champion(project) == "v0"
    assert worse.out.count("  hit: ") == len(STEPS)
    assert verdict(project)["champion"] == "model_export:v0"
    facts = json.loads(newest(project).read_text())
    assert [step["status"] for step in facts["steps"]][-1] == "finished"  # all is recorded
    assert facts["steps"][-1]["uses"] == 2
    parents = [run for run in project.runs() if "pipeline.overrides" in run["tags"]]
    told = [run["params"]["model.estimator.max_depth"] for run in parents]
    assert told == ["2", "13"]

    better = project.run("python", "main.py", *BETTER)
    assert better.status == 0, better.out + better.err
    assert "this test set has judged 3 models" in better.out
    assert "model_export:v2 is the champion now" in better.out
    assert champion(project) == "v2"
    assert registered(project).tags["pipeline.artifact"] == "model_export:v2"
    (compared,) = verdict(project)["comparison"]
    assert compared["difference"] > 0
    assert project.run("python", "main.py", *BETTER).out.count(
        "  hit: ") == len(STEPS)  # fmt: skip


def newest(project: Project) -> Path:
    return max(project.root.glob("outputs/20*/*/manifest.json"))


@pytest.mark.slow
def test_thresholds_hold_for_the_first_model_too(sample_run: Path, tmp_path: Path) -> None:
    project = copy_results(sample_run, tmp_path / "repository")
    (project.root / "artifacts" / CHAMPION).unlink()  # nobody is it yet
    words = ("gate.overall.auc=0.99", "gate.per_class.recall=0.05")
    words = (*words, "notify=[{command: [tee, told.json]},{when: [failure], command: [touch, x]}]")
    done = project.run("python", "main.py", *words, WANDB_MODE="disabled")
    assert done.status == 1
    last = done.err.splitlines()[-1]
    assert last.startswith("error: the gate refuses model_export:v0: auc of all test rows is 0.9")
    assert last.endswith(", must be at least 0.99")
    assert not (project.root / "artifacts" / CHAMPION).exists()
    row = next(line for line in done.out.splitlines() if line.startswith("evaluate · refused"))
    assert "gate.json:v1" in row  # v0 is of the run before
    told = json.loads((project.root / "told.json").read_text())
    assert (told["outcome"], told["gate"], told["step"]) == ("refused", "refused", "evaluate")
    assert told["events"] == ["end", "refused"]
    assert Path(told["report"]).is_file()
    assert told["metrics"]["auc"] > 0.9
    assert not (project.root / "x").exists()


def test_a_figure_that_does_not_exist_is_refused_before_anything_runs(fresh: Project) -> None:
    done = fresh.run("python", "main.py", "gate.overall.acuracy=0.9")
    assert done.status == 1
    assert done.err.startswith("error: unknown key gate.overall.acuracy: did you mean 'accuracy'")
    assert done.out == ""
