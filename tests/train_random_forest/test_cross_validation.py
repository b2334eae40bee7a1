"""Folds in training: what scikit-learn computes by hand, whatever the number of workers."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from pipeline.config.evaluate import METRICS, TASKS
from pipeline.errors import InputError
from pipeline.models.features import features_of, model_input
from pipeline.splits.keys import Rows
from pipeline.step.run import StepRun
from pipeline.store.artifacts import Store
from pipeline.tracking.record import Record
from tests import typed
from tests.train_random_forest.test_train import FEATURES, FOREST, MODEL, estimator, made_up
from train_random_forest import cross_validation, fold_figures

TABLE = made_up()
TRUTH = TABLE["kind"].to_numpy()
DRAWING = StratifiedKFold(3, shuffle=True, random_state=1)
PARTS = list(DRAWING.split(TABLE, TRUTH))
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="one worker elsewhere")


def judged(
    model: dict[str, Any] = MODEL, parts: Sequence[Rows] = PARTS, workers: int = 1
) -> list[cross_validation.Predictions]:
    unfitted = typed.pipeline(FEATURES, model)
    return list(cross_validation.predictions(unfitted, TABLE, "kind", parts, workers))


def test_the_predictions_are_those_of_scikit_learn() -> None:
    unfitted = typed.pipeline(FEATURES, MODEL)
    inputs = model_input(TABLE, features_of(unfitted))
    theirs = cross_val_predict(unfitted, inputs, TRUTH, cv=DRAWING, method="predict_proba")
    ours = cross_validation.joined(judged(), [second for _, second in PARTS], [])
    np.testing.assert_array_equal(ours.predictions.probabilities, theirs)
    assert ours.rows.tolist() == list(range(60))
    for number, (_, second) in enumerate(PARTS, 1):
        assert set(ours.folds[second]) == {number}


def test_the_figures_are_those_computed_by_hand() -> None:
    folds = judged()
    figures = fold_figures.metrics([fold_figures.headline(fold) for fold in folds])
    by_hand = [
        f1_score(TRUTH[second], fold.classes[fold.predicted], average="macro")
        for fold, (_, second) in zip(folds, PARTS, strict=True)
    ]
    losses = [
        log_loss(TRUTH[second], fold.probabilities)
        for fold, (_, second) in zip(folds, PARTS, strict=True)
    ]
    assert figures["cv_f1"] == pytest.approx(np.mean(by_hand))
    assert figures["cv_f1_std"] == pytest.approx(np.std(by_hand, ddof=1))
    assert [figures[f"cv_f1_fold_{k}"] for k in (1, 2, 3)] == pytest.approx(by_hand)
    assert figures["cv_log_loss"] == pytest.approx(np.mean(losses))
    assert figures["cv_folds_done"] == 3


def test_the_config_names_the_figures_that_there_are() -> None:
    every = [name for task in TASKS.values() for name in task.figures]
    assert [name for name in every if name != "coverage"] == METRICS


def test_figures_that_some_folds_lack() -> None:
    figures = fold_figures.metrics([{"f1": 0.5, "auc": 0.9}, {"f1": 0.7}])
    assert figures == pytest.approx({
        "cv_auc": 0.9, "cv_f1": 0.6, "cv_f1_std": np.sqrt(0.02), "cv_folds_done": 2,
        "cv_f1_fold_1": 0.5, "cv_auc_fold_1": 0.9, "cv_f1_fold_2": 0.7,
    })  # fmt: skip


@on_linux
@pytest.mark.parametrize(
    "model",
    [
        estimator("neural_network.MLPClassifier", hidden_layer_sizes=[200], max_iter=5),
        *(
            pytest.param(model, marks=pytest.mark.slow)
            for model in (
                {**MODEL, "estimator": {**FOREST, "n_jobs": -1}},
                estimator("ensemble.HistGradientBoostingClassifier", max_iter=3),
            )
        ),
    ],
    ids=["network", "forest", "boosting"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_the_number_of_workers_changes_no_bit(
    model: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 2)  # one thread a fork: see forks.in_order
    one, two = (judged(model, PARTS[:2], workers) for workers in (1, 2))
    for first, second in zip(one, two, strict=True):
        assert first.probabilities.tobytes() == second.probabilities.tobytes()


def test_a_class_that_a_fold_was_not_fitted_on_has_no_probability() -> None:
    owls = np.flatnonzero(TRUTH == "owl")
    others = np.flatnonzero(TRUTH != "owl")
    fold = judged(parts=[(others, owls)])[0]
    assert fold.classes.tolist() == ["cat", "dog", "owl"]
    assert not fold.probabilities[:, 2].any()
    assert fold_figures.headline(fold)["accuracy"] == 0


def test_what_is_wrong_in_a_fold_says_in_which() -> None:
    cats = np.flatnonzero(TRUTH == "cat")
    with pytest.raises(InputError, match=r"^fold 2 of 2: the target 'kind' has only the class"):
        judged(parts=[PARTS[0], (cats[:5], cats[5:])])


@pytest.mark.parametrize(
    ("metric", "values", "bounds", "said"),
    [
        ("f1", [0.5], [0.6], "f1 0.5 on average is below 0.6"),
        ("f1", [0.7, 0.3], [0.6, 0.55], "f1 0.5 on average is below 0.55"),
        ("f1", [0.6], [0.6], None),
        ("f1", [0.9, 0.1], [0.6], None),  # no number for the second fold
        ("f1", [0.1], [], None),
        ("log_loss", [1.5], [1.2], "log_loss 1.5 on average is above 1.2"),
        ("log_loss", [1.0], [1.2], None),
        ("auc", [0.5], [0.9], None),  # no fold has it
    ],
)
def test_when_more_folds_are_not_worth_their_time(
    metric: str, values: list[float], bounds: list[float], said: str | None
) -> None:
    name = "f1" if metric == "auc" else metric
    assert fold_figures.hopeless([{name: v} for v in values], metric, bounds) == said


@pytest.fixture
def run(tmp_path: Path) -> StepRun:
    record = Record("train_random_forest", {}, "2026-01-01T00:00:00")
    (tmp_path / "record").mkdir()
    return StepRun(record, tmp_path / "record", tmp_path, Store(tmp_path / "store"))


def judge(run: StepRun, parts: Sequence[Rows] = PARTS, **model: Any) -> Any:
    config = typed.model({**MODEL, "folds": len(parts), **model})
    unfitted = typed.pipeline(FEATURES, MODEL)
    return cross_validation.judge(run, unfitted, TABLE, "kind", parts, config)


def test_what_is_recorded_of_all_folds(run: StepRun, tmp_path: Path) -> None:
    cross_validation.record(run, judge(run, stop_below=[0, 0, 0]))
    record = run.record
    assert record.headline()["cv_folds_done"] == 3
    assert [row["f1"] for row in record.tables["folds"]] == [
        record.metrics[f"cv_f1_fold_{k}"] for k in (1, 2, 3)
    ]
    assert record.stopped is None
    assert record.notes == []


def test_training_stops_where_it_is_hopeless(run: StepRun) -> None:
    assert judge(run, stop_below=[0, 1.1]) is None
    record = run.record
    assert record.stopped
    assert record.stopped.startswith("stopped after fold 2 of 3: f1 ")
    assert record.notes == [record.stopped]
    assert record.metrics["cv_folds_done"] == 2
    assert "cv_f1_fold_3" not in record.metrics
    assert "f1" not in record.metrics
    run.publish()
    assert record.outputs == []


def test_classes_that_come_later_are_noted(run: StepRun) -> None:
    """As by time: what is new in a fold, its model cannot know."""
    owls = np.flatnonzero(TRUTH == "owl")
    others = np.flatnonzero(TRUTH != "owl")
    parts = [(others[:20], others[20:30]), (others[:30], np.r_[others[30:], owls])]
    out_of_fold = judge(run, parts)
    assert len(out_of_fold.rows) == 60 - 20
    assert run.record.notes == [
        f"fold 2 was fitted without owl, which {len(owls)} of the rows that judge it are: they "
        "count as wrong"
    ]
