"""What a command's run is called, and with which parameters MLflow finds it."""

from pathlib import Path

import pytest

from pipeline import paths
from pipeline.commands.job import Job
from pipeline.tracking.entities.identity import Identity
from tests.executions import composed

CHOICES = {"data": "songs_sample", "data/segregate": "stratified", "model": "random_forest",
           "experiment": None, "hydra/launcher": "basic"}  # fmt: skip


def identity(*words: str, **choices: str) -> Identity:
    config = composed(paths.ROOT, words).copy()
    return Job.of(config, words, Path("out"), None, CHOICES | choices).identity()


def test_a_run_of_the_defaults() -> None:
    made = identity()
    assert made.name == "random_forest · songs_sample"
    assert made.changed == {}
    assert made.parameters["model.estimator.max_depth"] == 13
    assert made.parameters["data.test_size"] == 0.3  # so that charts have all runs
    assert made.parameters["model"] == "random_forest"
    assert "experiment" not in made.parameters


def test_only_what_differs_is_special() -> None:
    words = ("model.estimator.max_depth=2", "data.test_size=0.3", "tracking.timeout=3",
             "main.report=false", "++steps.evaluate.artifact_name=p.parquet")  # fmt: skip
    made = identity(*words)
    name = "max_depth=2 · steps.evaluate.artifact_name=p.parquet · random_forest · songs_sample"
    assert made.name == name
    assert made.changed == {
        "model.estimator.max_depth": 2, "steps.evaluate.artifact_name": "p.parquet",
    }  # fmt: skip
    assert made.overrides == (*words[:-1], words[-1][2:])


@pytest.mark.parametrize(
    ("words", "choices", "name"),
    [
        (["main.steps=[preprocess]"], {}, "steps=[preprocess] · songs_sample"),
        (["main.experiment_name=weekly", "main.random_seed=1"], {},
         "random_seed=1 · weekly · random_forest · songs_sample"),
        (["experiment=quick", "model=extra_trees"], {"experiment": "quick", "model": "extra_trees"},
         "quick · extra_trees · songs_sample"),
        (["data=wine", "data/segregate=random"], {"data": "wine", "data/segregate": "random"},
         "segregate=random · random_forest · wine"),
        (["data.name=mine", "data.test_size=0.2"], {}, "test_size=0.2 · random_forest · mine"),
    ],
)  # fmt: skip
def test_names(words: list[str], choices: dict[str, str], name: str) -> None:
    assert identity(*words, **choices).name == name


def test_what_an_experiment_says_is_told_but_not_special() -> None:
    made = identity("experiment=quick", experiment="quick")
    assert made.changed["model.estimator.n_estimators"] != 100
    assert made.parameters["experiment"] == "quick"
