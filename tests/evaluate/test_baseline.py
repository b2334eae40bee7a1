"""The dummy that a model has to beat, and what the gate makes of one that does not."""

import logging
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn import metrics as reference
from sklearn.dummy import DummyClassifier

from evaluate import gate
from evaluate.baseline import judge, not_beaten, trained_on
from pipeline.config.evaluate import CLASSIFICATION, Gate
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.predictions import Predictions
from pipeline.tables import table_files

HOW = Bootstrap(resamples=200, seed=1)
METRICS = CLASSIFICATION.figures
SHARES = np.array([0.2, 0.7, 0.1])
TRAINED = np.repeat(["a", "b", "c"], [20, 70, 10])


def model(skill: float, rows: int = 300) -> Predictions:
    random = np.random.default_rng(0)
    codes = random.choice(3, rows, p=SHARES)
    scores = random.normal(size=(rows, 3))
    scores[np.arange(rows), codes] += skill
    odds = np.exp(scores) * SHARES
    return Predictions(codes, odds / odds.sum(axis=1, keepdims=True), np.array(["a", "b", "c"]))


def test_the_figures_are_those_of_scikit_learns_dummy() -> None:
    said = model(1.0)
    labels = np.repeat(said.classes, [20, 70, 10])
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((100, 1)), labels)
    truth, rows = said.classes[said.codes], np.zeros((300, 1))
    probabilities, predicted = dummy.predict_proba(rows), dummy.predict(rows)
    found = judge(said, TRAINED, Gate(), HOW)
    assert found["class"] == predicted[0] == "b"
    assert tuple(found["metrics"]) == METRICS
    expected = {
        "f1": reference.f1_score(truth, predicted, average="macro"),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, predicted),
        "average_precision": reference.average_precision_score(truth, probabilities),
        "mcc": 0,
        "auc": 0.5,
        "log_loss": reference.log_loss(truth, probabilities),
    }
    assert {n: found["metrics"][n] for n in expected} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_a_model_with_skill_beats_it_and_the_dummy_itself_does_not(metric: str) -> None:
    good, asked = model(3.0), Gate(metric=metric)
    found = judge(good, TRAINED, asked, HOW)
    assert found["metric"] == ("log_loss" if metric == "ece" else metric)
    assert (found["beaten"], not_beaten(found)) == (True, None)
    dummy = Predictions(good.codes, np.tile(SHARES, (300, 1)), good.classes)
    assert not judge(dummy, TRAINED, asked, HOW)["beaten"]


def test_the_gate_says_in_one_line_that_a_model_is_no_better() -> None:
    found = judge(model(0.0), TRAINED, Gate(metric="accuracy"), HOW)
    evaluation: Any = {"overall": [], "slices": [], "baseline": found, "rows": 300,
                       "per_class": [], "confusion": []}  # fmt: skip
    refused = gate.decide(evaluation, Gate(champion="m:champion"), None)
    assert refused["reasons"] == [
        f"accuracy {found['model']:.4f} is not better than the {found['baseline']:.4f} of a "
        "baseline that always says b, with 95 % confidence"
    ]
    assert gate.decide(evaluation, Gate(), None)["passed"]  # nothing is to be promoted


@pytest.mark.parametrize("metric", ["f1", "precision"])
def test_a_guess_at_random_is_not_better_although_its_macro_figures_are(metric: str) -> None:
    said = model(3.0, 1500)
    guesses = np.eye(3)[np.random.default_rng(5).choice(3, 1500, p=SHARES)]
    found = judge(Predictions(said.codes, guesses, said.classes), TRAINED, Gate(metric=metric), HOW)
    assert (found["metric"], found["baseline"], found["beaten"]) == ("mcc", 0, False)


def test_of_one_class_there_is_no_area() -> None:
    said = model(3.0)
    found = judge(said.part(said.codes == 1), TRAINED, Gate(metric="auc"), HOW)
    assert (found["model"], found["baseline"], found["low"], found["beaten"]) == (
        None, None, None, False
    )  # fmt: skip
    assert "auc is not defined on these rows" in str(not_beaten(found))


def test_it_knows_the_training_table_else_the_test_rows(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    frame = pd.DataFrame({"kind": list("bbbaz"), "x": range(5)})  # z: a class it was not fitted on
    path = tmp_path / "train.csv"
    source = table_files.Source(path, table_files.write(pa.Table.from_pandas(frame), path))
    kept = {"train.csv": source, "other.csv": None}
    run: Any = SimpleNamespace(
        table_of=lambda entry: kept[entry["name"]], logger=logging.getLogger("evaluate")
    )
    said = model(1.0, 10)
    names = ["checks.json", "other.csv", "train.csv"]
    version: Any = SimpleNamespace(inputs=[{"name": name} for name in names], reference="m:v1")
    assert trained_on(run, version, "kind", said).tolist() == list("bbbaz")
    assert judge(said, np.array(list("bbbaz")), Gate(), HOW)["class"] == "b"
    del version.inputs[2]
    assert trained_on(run, version, "kind", said).tolist() == said.classes[said.codes].tolist()
    assert "what m:v1 was trained on is not kept" in caplog.text
