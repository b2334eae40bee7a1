"""Cross-validation in a whole pipeline: what it leaves, and where a hopeless model ends."""

from pathlib import Path

import pytest

from pipeline.tables import table_files
from tests.conftest import Project
from tests.projects import copy_results

pytestmark = pytest.mark.slow
END = "main.steps=:train_random_forest"


@pytest.fixture
def own(sample_run: Path, tmp_path: Path) -> Project:
    """A project of its test's own: what trains last there is not what others expect."""
    copy = copy_results(sample_run, tmp_path / "repository")
    return Project(copy.root, {"WANDB_MODE": "disabled"})


def test_every_training_row_is_judged_and_fitted(own: Project) -> None:
    done = own.run("python", "main.py", "model.folds=2", "main.workers=2", END)
    assert done.status == 0, done.out + done.err
    assert "3,397 → 3,397 · auc 0." in done.out
    manifest = own.manifest("validation_predictions.parquet:latest")
    assert [source["name"] for source in manifest["inputs"]] == ["data_train.csv"]
    table = table_files.read(
        own.file("validation_predictions.parquet:latest"), manifest["metadata"]
    )
    assert table["row"].to_pylist() == list(range(3397))
    assert set(table["fold"].to_pylist()) == {1, 2}
    trained = next(run for run in own.runs() if "cv_f1" in run["metrics"])
    assert trained["metrics"]["cv_folds_done"] == 2
    assert abs(trained["metrics"]["cv_f1"] - trained["metrics"]["f1"]) < 0.05
    cards = [path.read_text() for path in own.root.glob("artifacts/objects/*/*/model_card.md")]
    assert any("rows it was fitted on | 3,397 rows" in card for card in cards)


def test_no_later_step_takes_an_older_model_for_one_that_was_given_up(own: Project) -> None:
    stop = ["model.folds=3", "model.stop_below=[1]"]
    done = own.run("python", "main.py", *stop, END)
    assert done.status == 0, done.out + done.err
    assert "train_random_forest · finished" in done.out
    assert "3,397 · cv_folds_done 1, cv_auc 0." in done.out
    done = own.run("python", "main.py", *stop)
    assert done.status == 1
    assert "error: stopped after fold 1 of 3: f1 0." in done.err
    assert "evaluate ·" not in done.out
