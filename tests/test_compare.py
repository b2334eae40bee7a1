"""The notebook makes a second run; both are listed and compared, by whatever they are called."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project, copy_results
from tests.test_docs import normalised

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two_runs(sample_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a whole run on the sample, and the one of the notebook."""
    folder = tmp_path_factory.mktemp("compare") / "a repository"
    made = Project(copy_results(sample_run, folder).root, {"WANDB_MODE": "disabled"})
    done = made.run("python", "../assets/run_notebook.py", "../again.ipynb", cwd="docs")
    assert done.status == 0, done.out + done.err
    return made


def cells(path: Path) -> list[tuple[str, Any]]:
    """Return the code of a notebook with its outputs."""
    notebook = json.loads(normalised(path.read_text(encoding="utf-8")))
    return [("".join(c["source"]), c["outputs"]) for c in notebook["cells"] if "outputs" in c]


def test_the_notebook_holds_what_its_cells_print(two_runs: Project) -> None:
    shown = cells(two_runs.root / "docs" / "python.ipynb")
    assert cells(two_runs.root / "again.ipynb") == shown
    assert len([outputs for _, outputs in shown if outputs]) >= 8


def test_both_runs_are_listed(two_runs: Project) -> None:
    words = ["main.action=runs", "main.sort=f1", "main.filter=status=finished,f1>0"]
    done = two_runs.run("python", "main.py", *words)
    assert done.status == 0, done.err
    best, other, last = done.out.splitlines()
    assert best.split(" · ")[1:] != other.split(" · ")[1:]
    assert "n_estimators=" in best + other
    assert last == "2 runs; compare some: main.action=compare main.run=A,B"
    done = two_runs.run("python", "main.py", "main.action=runs", "main.sort=fi1")
    assert done.err.startswith("error: main.sort=fi1: no run has 'fi1': did you mean 'f1'?")


def test_they_are_compared_also_by_their_names_in_mlflow(
    two_runs: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    newest = two_runs.last_manifest()["run"]
    client = MlflowClient(f"sqlite:///{two_runs.root / 'mlflow.db'}")
    client.set_tag(newest, "mlflow.runName", "a quick one's")
    words = ["main.action=compare", "main.run=champion,a quick one's"]
    done = two_runs.run("python", str(two_runs.root / "main.py"), *words)
    assert done.status == 0, done.err
    assert "\nmodel.estimator.n_estimators · 100 · 10\n" in done.out
    assert "On the same 1,457 test rows, F1 of B minus A is −0." in done.out
    page = Path(done.out.splitlines()[-1].removeprefix("Page: "))
    assert page.parent == two_runs.root / "outputs" / "comparisons"
    assert "so A is better" in page.read_text(encoding="utf-8")
