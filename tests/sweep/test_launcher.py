"""What is said of the jobs of a sweep."""

from collections.abc import Iterator
from typing import Any

import pytest
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, OmegaConf

from pipeline.commands import console
from pipeline.errors import InputError
from pipeline.sweep import jobs as job
from pipeline.tracking.record import Record

Capture = pytest.CaptureFixture[str]
ASKED = ["++main.steps=all", "++data.test_size=0.2,0.3", "model=random_forest,extra_trees"]
JUDGED = Record("evaluate", {}, "now", "finished", metrics={"rows": 5, "auc": 0.9, "f1": 0.61})


def config(number: int, *varied: str) -> DictConfig:
    task = [ASKED[0], *varied] if varied else ASKED
    sweeper = {"_target_": "hydra.BasicSweeper", "params": None}
    hydra = {"overrides": {"task": task}, "sweeper": sweeper, "job": {"num": number}}
    return OmegaConf.create({"hydra": hydra, "gate": {"metric": "f1"}})


def ended(value: Exception | None) -> JobReturn:
    status = JobStatus.FAILED if value else JobStatus.COMPLETED
    return JobReturn(_return_value=value, status=status)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[job.Jobs]:
    monkeypatch.setattr(job, "_jobs", [])
    yield job.Jobs()
    console.newest.clear()


def run(jobs: job.Jobs, number: int, error: Exception | None, *records: Record) -> None:
    own = config(number, "++data.test_size=0.2", "model=extra_trees")
    jobs.on_job_start(own)
    console.newest[:] = records
    jobs.on_job_end(own, ended(error))


def test_each_job_is_named_and_all_are_listed(jobs: job.Jobs, capsys: Capture) -> None:
    jobs.on_multirun_start(config(0))
    run(jobs, 0, None, JUDGED)
    bad = Record(**{**vars(JUDGED), "refused": "worse"})
    run(jobs, 1, InputError("the gate refuses it"), bad)
    run(jobs, 3, InputError("x=1: take 2"))
    with pytest.raises(InputError), job.jobs_listed():
        raise InputError("Hydra raises the first failure at the end")
    said = capsys.readouterr()
    varied = "data.test_size=0.2 model=extra_trees"
    assert said.out.splitlines() == [
        *(line for n in (1, 2, 4) for line in ("", f"== job {n} of 4 · {varied}")),
        "",
        f"1 · finished · 0.0 s · f1 0.61 · {varied}",
        f"2 · refused · 0.0 s · f1 0.61 · {varied} · error: the gate refuses it",
        f"4 · failed · 0.0 s · {varied} · error: x=1: take 2",
    ]
    assert said.err.splitlines() == ["error: the gate refuses it", "error: x=1: take 2"]


def test_a_run_that_is_no_sweep_says_nothing_of_jobs(jobs: job.Jobs, capsys: Capture) -> None:
    with job.jobs_listed():
        run(jobs, 0, None, JUDGED)
    assert capsys.readouterr() == ("", "")


def test_without_the_metric_of_the_gate_the_last_step_says_the_result(
    jobs: job.Jobs, capsys: Capture
) -> None:
    jobs.on_multirun_start(config(0))
    with job.jobs_listed():
        run(jobs, 0, None, Record("segregate", {}, "now", metrics={"rows_train": 4, "leak": 0.25}))
    assert " · leak 0.25 · " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "jobs"),
    [
        (["a=1,2", "b=x,y,z", "c=5"], 6),
        (["a=range(1,4)"], 3),
        (["a=choice(1,2)", "d='[1,2]'"], 2),
        (["model=glob(*)"], None),  # Hydra looks which there are
        (["a=interval(0,1)"], None),
    ],
)
def test_how_many_jobs_there_will_be(words: list[str], jobs: int | None) -> None:
    assert job._combinations(words) == jobs


def test_another_sweeper_decides_as_it_goes(jobs: job.Jobs, capsys: Capture) -> None:
    asked: Any = config(0)
    asked.hydra.sweeper = {"_target_": "hydra_plugins.Optuna"}
    jobs.on_multirun_start(asked)
    run(jobs, 7, None)
    assert "== job 8 · data.test_size=0.2" in capsys.readouterr().out
