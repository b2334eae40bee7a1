"""How sure the figures of jobs are, from the predictions that training keeps."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.comparison.judged import predictions_of
from pipeline.judging.paired import differences
from pipeline.store.artifacts import Store
from pipeline.sweep.intervals import BEST, CHANCE, HOW, OTHER_ROWS, SURE, verdicts
from pipeline.sweep.job import Asked, Ended
from pipeline.tables import table_files
from pipeline.tracking.record import artifact_facts
from tests.comparison.recorded import predictions, rows

ROWS = 300


def judged(store: Store, folder: Path, number: int, skill: float, first: int = 0) -> Ended:
    """Return a job whose predictions of rows of the training table are in the store."""
    content = predictions(rows(ROWS, first), skill).append_column(
        "row", pa.array(np.arange(first, first + ROWS))
    )
    path = folder / "validation_predictions.parquet"
    metadata = table_files.write(content, path)
    made = store.put(path.name, path, "validation_predictions", metadata=metadata)
    record = {"metrics": {"f1": skill, "cv_f1": skill}, "catalog": "",
              "inputs": [{"digest": "d"}], "outputs": [dict(artifact_facts(made))]}  # fmt: skip
    return Ended(Asked(number, (), ()), "finished", 1.0, "", record, "")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_jobs_of_the_same_rows_are_held_against_the_best(store: Store, tmp_path: Path) -> None:
    jobs = [
        judged(store, tmp_path, number, skill, first)
        for number, (skill, first) in enumerate([(1.0, 0), (2.0, 0), (1.98, 0), (1.5, 50)])
    ]
    known = verdicts(jobs, "f1", str(store.folder))
    assert [known[n].against_best for n in range(4)] == [SURE, BEST, CHANCE, OTHER_ROWS]
    first, best = (predictions_of(predictions(rows(ROWS), skill).to_pandas()) for skill in (1, 2))
    values, _, estimates = differences(best, first, HOW)
    low, high = known[1].bounds or (0, 0)
    assert low < values["f1"] < high
    (gap,) = (estimate for estimate in estimates if estimate["metric"] == "f1")
    assert (gap["high"] or 0) < 0, "the paired comparison of two runs says so, too"


def test_a_mean_over_folds_has_no_bounds_of_its_own(store: Store, tmp_path: Path) -> None:
    jobs = [judged(store, tmp_path, number, skill) for number, skill in enumerate((1.0, 2.0))]
    known = verdicts(jobs, "cv_f1", str(store.folder))
    assert [(known[n].bounds, known[n].against_best) for n in (0, 1)] == [
        (None, SURE), (None, BEST)
    ]  # fmt: skip


def test_what_is_not_known_is_left_out(store: Store, tmp_path: Path) -> None:
    jobs = [judged(store, tmp_path, number, skill) for number, skill in enumerate((1.0, 2.0))]
    assert verdicts(jobs, "leak", str(store.folder)) == {}
    shutil.rmtree(store.folder)
    assert verdicts(jobs, "f1", str(store.folder)) == {}
