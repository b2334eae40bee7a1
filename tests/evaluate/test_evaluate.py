import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.pipeline import Pipeline

from evaluate.evaluate import (
    Judged,
    draws,
    evaluation,
    interval_metrics,
    interval_rows,
    log_lines,
    slice_rows,
)
from pipeline.config.evaluate import Judging
from pipeline.config.model import Features, Model
from pipeline.errors import InputError
from pipeline.judging.bootstrap import METHOD
from pipeline.judging.metrics import HEADLINE, classification_metrics
from pipeline.judging.pictures import draw
from pipeline.judging.predictions import Predictions
from pipeline.models.build import build_pipeline
from pipeline.models.export import predict
from pipeline.models.features import labels

TABLE = pd.DataFrame({"kind": ["b", "a", "b", "a"], "size": [4, 1, 3, 2]}, index=[9, 3, 7, 1])


def fitted():
    columns = ColumnTransformer([("numeric", "passthrough", ["size"])])
    pipeline = Pipeline([("features", columns), ("estimator", LogisticRegression())])
    return pipeline.fit(TABLE[["size"]].astype(float), TABLE["kind"].to_numpy())


def test_predictions_keep_the_order_of_the_rows():
    pipeline = fitted()
    probabilities, predicted = predict(pipeline, TABLE)
    truth = labels(TABLE, "kind")
    said = Predictions.of(truth, probabilities, pipeline.classes_)
    table = said.table()
    assert pipeline.classes_[said.predicted].tolist() == predicted.tolist()
    assert list(table) == ["truth", "prediction", "probability_a", "probability_b"]
    assert list(table["truth"]) == list(table["prediction"]) == ["b", "a", "b", "a"]
    np.testing.assert_array_equal(table[["probability_a", "probability_b"]], probabilities)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_whole_numbers_and_other_columns_do_not_disturb():
    probabilities, _ = predict(fitted(), TABLE.assign(other="x"))
    np.testing.assert_array_equal(
        probabilities, predict(fitted(), TABLE.astype({"size": float}))[0]
    )


def test_numbers_as_classes_name_the_columns():
    table = Predictions.of([0], np.array([[0.4, 0.6]]), [0, 1]).table()
    assert list(table) == ["truth", "prediction", "probability_0", "probability_1"]


def test_a_table_that_does_not_suit_is_refused():
    with pytest.raises(InputError, match="lacks the target column 'kind'"):
        labels(TABLE[["size"]], "kind")
    with pytest.raises(InputError, match="missing in 1 of 4 rows"):
        labels(TABLE.assign(kind=["a", "b", None, "a"]), "kind")
    with pytest.raises(InputError, match="lacks feature columns 'size'"):
        predict(fitted(), TABLE[["kind"]])


SETTINGS = Judging(resamples=100, slice_resamples=100, small_slice=40, permutation_rows=50)


def judged_table(kinds, **changes):
    """A pipeline that knows these classes, and the evaluation of it on 120 rows."""
    random = np.random.default_rng(0)
    kind = np.array(kinds)[random.integers(0, len(kinds), 240)]
    place = np.array([kinds.index(value) for value in kind.tolist()])
    table = pd.DataFrame({"kind": kind, "size": place + random.random(240) * 1.5})
    table = table.assign(other=random.random(240), part=np.where(table.index % 4, "most", "few"))
    features = Features(["size", "other"])
    forest = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 10}
    pipeline = build_pipeline(features, Model(estimator=forest), 7)
    fitted = pipeline.fit(table[["other", "size"]].head(120), kind[:120])
    rows = table.tail(120)
    for name, keep in changes.items():
        rows = rows[rows[name] == keep]
    said = Predictions.of(rows["kind"], predict(fitted, rows)[0], fitted.classes_)
    sample = rows.iloc[draws(SETTINGS, 5).all_rows(said.codes)]
    metrics, sliced = classification_metrics(said), rows[["size", "part"]]
    return evaluation(Judged(fitted, "kind", said, metrics, sample, sliced), SETTINGS, 5), said


@pytest.mark.parametrize("kinds", [["a", "b", "c"], [0, 1], [False, True], ["no", "yes"]])
def test_an_evaluation_holds_what_its_readers_were_promised(kinds):
    found, said = judged_table(kinds)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found == judged_table(kinds)[0]
    assert (found["target"], found["classes"], found["rows"]) == ("kind", kinds, 120)
    assert found["bootstrap"] == {
        "resamples": 100,
        "confidence": 0.95,
        "seed": 5,
        "method": f"{METHOD}; 100 resamples for slices",
    }
    assert [row["metric"] for row in found["overall"]] == list(HEADLINE)
    for row in found["overall"]:
        assert list(row) == ["metric", "value", "low", "high", "note"]
    for row in found["per_class"]:
        assert list(row) == ["class", "support", "auc", "f1", "precision", "recall"]
    expected = confusion_matrix(said.codes, said.predicted, labels=range(len(kinds)))
    assert found["confusion"] == expected.tolist()
    assert [row["support"] for row in found["per_class"]] == expected.sum(axis=1).tolist()
    assert [curve["class"] for curve in found["roc"]] == kinds
    assert [curve["class"] for curve in found["precision_recall"]] == kinds
    assert [bins["class"] for bins in found["calibration"]] == ["all", *kinds]
    assert [row["feature"] for row in found["importances"]] == ["size", "other"]
    assert list(found["importances"][0]) == ["feature", "impurity", "permutation", "low", "high"]
    few, most = (row for row in found["slices"] if row["column"] == "part")
    assert (few["value"], few["rows"], few["small"]) == ("few", 30, True)
    assert (most["value"], most["rows"], most["small"]) == ("most", 90, False)
    assert set(most["metrics"]) == {"accuracy", "f1", "auc", "log_loss"}
    assert sum(row["rows"] for row in found["slices"] if row["column"] == "size") == 120


def test_rows_of_one_class_are_judged_as_far_as_they_go():
    found, _ = judged_table(["a", "b", "c"], kind="b")
    json.dumps(found, allow_nan=False)
    assert (found["roc"], found["importances"]) == ([], [])
    assert found["overall"][0]["note"] == "not defined: all rows are of one class"
    drawn = [picture.name for picture in draw.evaluation(found)]
    assert drawn == ["per_class", "confusion_matrix", "calibration"]
    assert "interval/auc_low" not in interval_metrics(found)
    assert log_lines(found)[0].startswith("95 % intervals of 100 resamples: f1 ")


def test_flat_tables_metrics_lines_and_pictures():
    found, _ = judged_table(["a", "b", "c"])
    rows = interval_rows(found)
    assert len(rows) == len(HEADLINE) + 3 * 4
    assert list(rows[0]) == ["class", "metric", "value", "low", "high", "note"]
    assert [row["class"] for row in rows[:12]] == ["all"] * 11 + ["a"]
    assert slice_rows(found)[0]["f1_low"] == found["slices"][0]["metrics"]["f1"]["low"]
    low = next(row["low"] for row in found["overall"] if row["metric"] == "f1")
    assert interval_metrics(found)["interval/f1_low"] == low
    assert log_lines(found)[1].startswith("lowest f1 of a slice: 0.8003 (part most, 90 rows)")
    assert [picture.name for picture in draw.evaluation(found)] == [
        "per_class", "confusion_matrix", "roc", "precision_recall", "calibration",
        "feature_importance",
    ]  # fmt: skip
