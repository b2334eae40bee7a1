"""Which jobs a sweep has, what is said of them, which is the best."""

from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from pipeline.sweep import choice, launcher, summary
from pipeline.sweep.job import Asked, Ended, short_names
from pipeline.sweep.screen import Screen

Capture = pytest.CaptureFixture[str]


def ended(number: int, *varied: str, error: str = "", **metrics: float) -> Ended:
    asked = Asked(number, ("data=wine", *varied), varied)
    record: dict[str, Any] = {"metrics": metrics}
    return Ended(asked, "failed" if error else "finished", 1.25, "", record, error)


JOBS = [
    ended(0, "++a.depth=2", "model=forest", f1=0.5, log_loss=0.9),
    ended(1, "++a.depth=3", "model=forest", error="a.depth=3: take 2"),
    ended(2, "++a.depth=2", "model=trees", f1=0.75, log_loss=1.5),
    ended(3, "++a.depth=4", "model=trees", f1=float("nan"), log_loss=1.0),
]


@pytest.mark.parametrize(("metric", "order"), [("f1", [2, 0, 1, 3]), ("log_loss", [0, 3, 2, 1])])
def test_the_best_job_is_first_by_what_the_metric_means(metric: str, order: list[int]) -> None:
    assert [job.asked.number for job in choice.ranked(JOBS, metric)] == order
    best = choice.best(JOBS, metric)
    assert best is JOBS[order[0]]
    assert choice.best(JOBS, f"cv_{metric}") is None
    assert choice.is_loss(f"cv_{metric}") == choice.is_loss(metric) == (metric == "log_loss")


def test_a_line_and_a_row_for_each_job(capsys: Capture) -> None:
    screen = Screen("f1")
    screen.total = 4
    for job in JOBS:
        screen.begin(job.asked, Path("job.log"))
        screen.end(job)
    assert capsys.readouterr().out.splitlines() == [
        "[1/4] depth=2 model=forest · finished · f1 0.5 · 1.2 s",
        "[2/4] depth=3 model=forest · failed · 1.2 s · a.depth=3: take 2",
        "[3/4] depth=2 model=trees · finished · f1 0.75 · 1.2 s",
        "[4/4] depth=4 model=trees · finished · f1 nan · 1.2 s",
    ]
    titles, rows = summary.rows_of(JOBS, "f1", {})
    assert titles == ["job", "f1", "depth", "model", "outcome", "seconds"]
    assert rows[0] == [["3"], ["0.7500"], ["2"], ["trees"], ["finished"], ["1.2 s"]]
    assert rows[2] == [["2"], [], ["3"], ["forest"], ["failed"], ["1.2 s"]]


def test_without_the_metric_the_last_step_says_the_result() -> None:
    jobs = [ended(0, "data.test_size=0.2", rows_train=5, leak=0.25)]
    assert choice.shown(jobs, "f1") == "leak"
    assert choice.shown(JOBS, "f1") == "f1"


def test_what_varies_is_what_not_all_jobs_have() -> None:
    batch = [["a=1", "b=[1, 2]", "c=3"], ["a=2", "b=[1, 2]", "c=3"]]
    assert launcher.same_in_all(batch, ["a=1,2", "b=[1,2]", "c=3"]) >= {"b=[1, 2]", "c=3"}
    assert "a=1" not in launcher.same_in_all(batch, ["a=1,2", "b=[1,2]", "c=3"])
    assert launcher.same_in_all([["a=1", "c=3"]], ["c=3"]) == {
        "c=3"
    }  # a sweeper that goes one by one


def test_keys_are_as_short_as_they_can_be() -> None:
    words = ["model.estimator.max_depth=2", "data/segregate=group", "a.x=1", "b.x=2"]
    assert short_names(words) == ["max_depth=2", "segregate=group", "a.x=1", "b.x=2"]


@pytest.mark.parametrize(
    ("word", "is_of_sweep"),
    [
        ("hydra.mode=MULTIRUN", True),
        ("hydra/launcher=joblib", True),
        ("hydra.launcher.n_jobs=2", True),
        ("+hydra.sweep.dir=x", True),
        ("hydra/sweeper=basic", True),
        ("hydra.sweeper.max_batch_size=2", True),
        ("hydra.run.dir=x", True),
        ("hydra.verbose=true", False),
        ("hydra.job.chdir=true", False),
    ],
)
def test_what_of_hydra_is_not_about_a_job(word: str, is_of_sweep: bool) -> None:
    assert bool(launcher.OF_SWEEP.match(word)) is is_of_sweep


def test_the_config_of_a_sweep_holds_no_secret() -> None:
    address = "https://user:dummy-password@host/x"
    config = OmegaConf.create({"data": {"file_url": address}, "search": None, "hydra": {"a": 1}})
    launcher.WithoutSecrets().on_multirun_start(config)
    assert "dummy-password" not in OmegaConf.to_yaml(config)
    assert config.search is None
    assert config.hydra.a == 1
