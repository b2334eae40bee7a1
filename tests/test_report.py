"""The report of a whole run: where it lands, who names it, and that it is made again."""

import re
from pathlib import Path

import pytest

from tests.conftest import STEPS, Project


def test_a_run_ends_with_its_report_which_mlflow_has_too(project: Project) -> None:
    parent = project.whole_run()["parent"]
    (kept,) = [
        path
        for path in project.root.glob("outputs/*/*/report.html")
        if parent["id"] in path.read_text(encoding="utf-8")
    ]
    logged = Path(parent["artifacts"].removeprefix("file://")) / "report.html"
    assert logged.read_bytes() == kept.read_bytes()
    text = kept.read_text(encoding="utf-8")
    for said in (
        f"{len(STEPS)} steps ended well",
        "preprocessed_data.csv:v0",
        "By stratified over genre",
        "AUC",
    ):
        assert said in text
    assert text.count("<svg") >= 2


@pytest.mark.slow
def test_a_report_is_made_again_the_same(project: Project) -> None:
    parent = project.whole_run()["parent"]
    done = project.run("python", "main.py", "main.action=report", f"main.run={parent['id'][:8]}")
    assert done.status == 0, done.err
    path = Path(done.out.removeprefix("Report: ").strip())
    logged = Path(parent["artifacts"].removeprefix("file://")) / "report.html"
    assert path.read_bytes() == logged.read_bytes()


@pytest.mark.slow
def test_a_failed_run_has_a_report_that_names_the_step(project: Project) -> None:
    done = project.run("python", "main.py", "main.steps=check_data", "data.checks.min_rows=9000")
    assert done.status == 1
    (said,) = [line for line in done.out.splitlines() if line.startswith("Report: ")]
    text = Path(said.removeprefix("Report: ")).read_text(encoding="utf-8")
    assert re.search(r"check_data refuses preprocessed_data.csv:v\d+: \d+ of", text)
    assert "This run has nothing on results, gate and champion" in text
    compared_by_its_name_in_mlflow(project)
    good = project.run("python", "main.py", "main.steps=check_data")  # for the tests that follow
    assert good.status == 0, good.out + good.err


def compared_by_its_name_in_mlflow(project: Project) -> None:
    """Compare the newest run, which failed, with the one that made the champion."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project.root / 'mlflow.db'}")
    client.set_tag(project.last_manifest()["run"], "mlflow.runName", "the run that's refused")
    words = ["main.action=compare", "main.run=champion,the run that's refused"]
    done = project.run("python", "main.py", *words)
    assert done.status == 0, done.out + done.err
    assert "\ndata.checks.min_rows · 1000 · 9000\n" in done.out
    assert "B and A cannot be compared on common rows: run " in done.out


@pytest.mark.slow
def test_an_unknown_run_is_refused_in_one_line(project: Project) -> None:
    done = project.run("python", "main.py", "main.action=report", "main.run=nothing")
    assert done.status == 1
    assert done.err.splitlines()[-1].startswith("error: main.run=nothing: there is no such run")
