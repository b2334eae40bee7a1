"""Drift as a person meets it: name the reference, run on new data; a first config for new data."""

from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT, SAMPLE, Done, Project

STORE = ["main.artifact_store=store_reference", "main.steps=:check_data"]
REFERENCE = "preprocessed_data.csv:reference"


def run(project: Project, *words: str) -> Done:
    return project.run("python", "main.py", *STORE, *words, WANDB_MODE="disabled")


def plan(project: Project, *words: str) -> dict[str, str]:
    done = run(project, "main.action=plan", *words)
    lines = [line.split(" · ") for line in done.out.splitlines()]
    return {step: f"{verdict}: {why}" for step, verdict, why, _ in lines}


def test_from_the_first_reference_to_drift(project: Project) -> None:
    """A hit is not served when the alias moved, nor by what recognises the same command."""
    first = run(project)
    assert first.status == 0, first.out + first.err
    assert f"{REFERENCE} is not there yet (main.action=set_reference" in first.out
    assert "69 checks passed, 1 skipped" in first.out
    for _ in range(2):
        served = run(project)
        assert "[3/3] check_data  hit" in served.out
    assert served.out.startswith("Nothing has changed")

    for line in ("was not there, is v0", "is v0, as before"):
        done = run(project, "main.action=set_reference")
        assert (done.status, done.out) == (0, f"{REFERENCE} {line}\n"), done.err
    assert plan(project)["check_data"].startswith("run: ")
    again = run(project)  # the same table: nothing to compare it with
    assert again.status == 1
    assert "is the sample itself" in again.err
    assert "Traceback" not in again.out + again.err

    table = pq.read_table(ROOT / SAMPLE)
    at = table.column_names.index("energy")
    other = table.set_column(at, "energy", table["valence"])
    pq.write_table(other, project.root / "assets" / "other.parquet")
    new = "data.file_url=assets/other.parquet"
    drifted = run(project, new)
    assert drifted.status == 1
    failures = [line for line in drifted.out.splitlines() if "WARNING check_data: failed" in line]
    assert len(failures) == 1
    assert "drift energy: expected values within 0.1 standard deviations, seen" in failures[0]

    warned = run(project, new, "data.checks.warn=[drift energy]")
    assert warned.status == 0, warned.out + warned.err
    assert "passed, 1 warned, 1 skipped" in warned.out
    metrics = next(r["metrics"] for r in project.runs() if r["name"] == "check_data")
    assert (metrics["failed"], metrics["warned"], metrics["skipped"]) == (0, 1, 1)

    moved = run(project, "main.action=set_reference", "main.version=v1")
    assert moved.out == f"{REFERENCE} was v0, is v1\n"
    assert "input preprocessed_data.csv v0 → v1" in plan(project, new)["check_data"]


def test_a_check_that_is_not_there(project: Project) -> None:
    done = run(project, "data.checks.warn=[rnage]", "data.reference=null")
    assert done.status == 1
    assert "checks.warn: no check is called 'rnage'; did you mean 'range'?" in done.err


CSV = """id,amount,kind,when,NO,label
1,0.5,a,2026-01-01,yes,good
1,0.5,a,2026-01-01,yes,good
"""


@pytest.fixture
def new_table(project: Project) -> Iterator[str]:
    rows = [f"{n},{n / 7},{'abc'[n % 3]},2026-01-{n % 28 + 1:02},no,{'good' if n % 2 else 'bad'}"
            for n in range(2, 60)]  # fmt: skip
    path = project.root / "my new-table.csv"
    path.write_text(CSV + "\n".join(rows) + "\n,,,,,good\n")
    yield path.name
    path.unlink()
    (project.root / "conf" / "data" / "my_new_table.yaml").unlink()


def test_a_first_config_for_a_new_table(project: Project, new_table: str) -> None:
    infer = ["main.action=infer_checks", f"data.file_url={new_table}"]
    wrong = run(project, *infer, "data.target=lable")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err.startswith("error: data.target=lable: my new-table.csv has no such column; ")
    missing = run(project, "main.action=infer_checks", "data.file_url=nope.csv")
    assert missing.status == 1
    assert missing.err.startswith("error: infer_checks: get_data: file_url nope.csv: cannot read")

    runs = len(project.runs())
    # By the other route too; there W&B's and MLflow's own words are around it.
    words = [word for pair in infer for word in ("-P", pair)]
    done = project.run("mlflow", "run", ".", "--env-manager", "local", *words)
    assert done.status == 0, done.out + done.err
    assert "wrote conf/data/my_new_table.yaml: 6 columns of 60 rows; edit it" in done.out
    assert len(project.runs()) == runs + 1  # mlflow's own; the steps leave none

    again = run(project, *infer)
    assert (again.status, again.out) == (1, "")
    assert again.err == (
        "error: infer_checks: conf/data/my_new_table.yaml is there already; delete or rename it "
        "first\n"
    )
    unnamed = run(project, "data=my_new_table")
    assert unnamed.status == 1
    assert "data.target" in unnamed.err
    checked = run(project, "data=my_new_table", "data.target=label")
    assert checked.status == 0, checked.out + checked.err
    assert "warned 0, skipped" in checked.out


def test_yaml_that_is_none(project: Project) -> None:
    path = project.root / "conf" / "data" / "broken.yaml"
    path.write_text("target: [\n")
    done = run(project, "data=broken")
    path.unlink()
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("error: while parsing a flow")
    assert "broken.yaml" in done.err
