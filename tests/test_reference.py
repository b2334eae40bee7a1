"""Drift as a person meets it: name the reference, run on new data; a first config for new data."""

from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT, SAMPLE, Done, Project

REFERENCE = "preprocessed_data.csv:reference-songs_sample"
INFER = "main.action=infer_checks"


def run(project: Project, *words: str) -> Done:
    return project.run("python", "main.py", "main.steps=:check_data", *words)


def drifted(project: Project) -> str:
    """The word that gives a table in which one column has another distribution."""
    table = pq.read_table(ROOT / SAMPLE)
    at = table.column_names.index("energy")
    path = project.root / "assets" / "other.parquet"
    pq.write_table(table.set_column(at, "energy", table["valence"]), path)
    return "data.file_url=assets/other.parquet"


@pytest.fixture(scope="module")
def project(own_project: Project) -> Project:
    return own_project


@pytest.fixture
def reference(project: Project) -> Iterator[None]:
    """The table of the whole run is what others are compared with, in this test alone."""
    done = run(project, "main.action=set_reference", "main.version=v0")
    assert (done.status, done.out) == (0, f"{REFERENCE} was not there, is v0\n"), done.err
    yield
    (
        project.root / "artifacts" / "aliases" / "preprocessed_data.csv" / "reference-songs_sample"
    ).unlink()


@pytest.mark.usefixtures("reference")
@pytest.mark.slow
def test_another_table_has_drifted(project: Project) -> None:
    done = run(project, drifted(project), "main.experiment_name=drifted")
    assert done.status == 1
    failures = [line for line in done.out.splitlines() if "WARNING check_data: failed" in line]
    assert len(failures) == 1
    assert "drift energy: expected values within 0.1 standard deviations, seen" in failures[0]
    metrics = next(r["metrics"] for r in project.runs() if r["name"] == "check_data")
    assert (metrics["failed"], metrics["warned"], metrics["skipped"]) == (1, 0, 1)


@pytest.mark.slow
@pytest.mark.usefixtures("reference")
def test_what_is_only_warned_of(project: Project) -> None:
    """And the table of the reference itself, which nothing can be compared with."""
    done = run(project, drifted(project), "data.checks.warn=[drift energy]")
    assert done.status == 0, done.out + done.err
    assert "passed, 1 warned" in done.out
    metrics = next(r["metrics"] for r in project.runs() if r["name"] == "check_data")
    assert (metrics["failed"], metrics["warned"]) == (0, 1)

    again = run(project)
    assert again.status == 0, again.err
    assert (
        f"the table is {REFERENCE.replace(':', ':')} itself" in again.out
        or "v0 itself" in again.out
    )
    for line in ("was v0, is v1", "is v1, as before"):
        moved = run(project, "main.action=set_reference", "main.version=v1")
        assert moved.out == f"{REFERENCE} {line}\n"


@pytest.mark.slow
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
    (project.root / "conf" / "data" / "my_new_table.yaml").unlink(missing_ok=True)


@pytest.mark.slow
def test_a_first_config_for_a_new_table(project: Project, new_table: str) -> None:
    runs = len(project.runs())
    done = run(project, INFER, f"data.file_url={new_table}")
    assert done.status == 0, done.out + done.err
    assert "wrote conf/data/my_new_table.yaml: 6 columns of 61 rows; edit it" in done.out
    assert len(project.runs()) == runs  # the steps leave none
    again = run(project, INFER, f"data.file_url={new_table}")
    assert (again.status, again.out) == (1, "")
    assert again.err == (
        "error: infer_checks: conf/data/my_new_table.yaml is there already; delete or rename it "
        "first\n"
    )
    checked = run(project, "data=my_new_table", "data.target=label")
    assert checked.status == 0, checked.out + checked.err
    assert "warned 0, skipped" in checked.out


@pytest.mark.slow
def test_a_first_config_that_cannot_be(project: Project, new_table: str) -> None:
    wrong = run(project, INFER, f"data.file_url={new_table}", "data.target=lable")
    assert (wrong.status, wrong.out) == (1, "")
    assert wrong.err.startswith("error: data.target=lable: my new-table.csv has no such column; ")
    missing = run(project, INFER, "data.file_url=nope.csv")
    assert missing.status == 1
    assert missing.err.startswith("error: infer_checks: get_data: file_url nope.csv: cannot read")


@pytest.mark.slow
def test_a_first_config_by_the_other_route(project: Project, new_table: str) -> None:
    """W&B's and MLflow's own words are around it."""
    runs = len(project.runs())
    pairs = [INFER, f"data.file_url={new_table}"]
    words = [word for pair in pairs for word in ("-P", pair)]
    done = project.run("mlflow", "run", ".", "--env-manager", "local", *words)
    assert done.status == 0, done.out + done.err
    assert "wrote conf/data/my_new_table.yaml: 6 columns of 61 rows; edit it" in done.out
    assert len(project.runs()) == runs + 1  # mlflow's own
    unnamed = run(project, "data=my_new_table")
    assert unnamed.status == 1
    assert "data.target" in unnamed.err


def test_yaml_that_is_none(project: Project) -> None:
    path = project.root / "conf" / "data" / "broken.yaml"
    path.write_text("target: [\n")
    done = run(project, "data=broken")
    path.unlink()
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("error: while parsing a flow")
    assert "broken.yaml" in done.err
