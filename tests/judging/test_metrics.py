import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from pipeline.errors import InputError
from pipeline.judging.metrics import classification_metrics, per_class_table, performance
from pipeline.judging.predictions import Predictions, class_codes, in_order


def metrics_of(truth, probabilities, classes):
    return classification_metrics(Predictions.of(truth, probabilities, classes))


def made_up(classes, rows=400, seed=0):
    """Labels and probabilities that agree better than chance, with ties among them."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, len(classes), rows)
    scores = random.random((rows, len(classes))).round(1) + 0.1
    scores[np.arange(rows), codes] += 0.4
    return np.asarray(classes)[codes], scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [[0, 1, 2], ["pop", "rap", "R&B", "dnb"], [0.0, 1.0, 7.0]])
@pytest.mark.parametrize("seed", range(3))
def test_many_classes_agree_with_scikit_learn(classes, seed):
    classes = sorted(classes)
    truth, probabilities = made_up(classes, seed=seed)
    predicted = np.asarray(classes)[probabilities.argmax(axis=1)]

    found = metrics_of(truth, probabilities, classes)

    area = reference.roc_auc_score(truth, probabilities, multi_class="ovo", average="macro")
    assert found["auc"] == pytest.approx(area, abs=1e-12)
    assert found["accuracy"] == reference.accuracy_score(truth, predicted)
    assert found["log_loss"] == pytest.approx(reference.log_loss(truth, probabilities), abs=1e-12)
    macro = reference.precision_recall_fscore_support(truth, predicted, average="macro")
    assert [found[n] for n in ("precision", "recall", "f1")] == pytest.approx(list(macro[:3]))
    balanced = reference.balanced_accuracy_score(truth, predicted)
    assert found["balanced_accuracy"] == pytest.approx(balanced, abs=1e-12)
    mcc = reference.matthews_corrcoef(truth, predicted)
    assert found["mcc"] == pytest.approx(mcc, abs=1e-12)
    precision = reference.average_precision_score(truth, probabilities, average="macro")
    assert found["average_precision"] == pytest.approx(precision, abs=1e-12)
    each = np.array(reference.precision_recall_fscore_support(truth, predicted)).T
    for i, name in enumerate(classes):
        values = [
            found[f"{measure}/{name}"] for measure in ("precision", "recall", "f1", "support")
        ]
        assert values == pytest.approx(list(each[i]))
        one_against_rest = reference.roc_auc_score(truth == name, probabilities[:, i])
        assert found[f"auc/{name}"] == pytest.approx(one_against_rest, abs=1e-12)


@pytest.mark.parametrize("classes", [[False, True], ["no", "yes"], [1, 2]])
def test_two_classes_have_the_plain_auc(classes):
    truth, probabilities = made_up(classes)
    found = metrics_of(truth, probabilities, classes)
    expected = reference.roc_auc_score(truth == classes[1], probabilities[:, 1])
    assert found["auc"] == pytest.approx(expected, abs=1e-12)
    each = [reference.average_precision_score(truth == name, probabilities[:, i])
            for i, name in enumerate(classes)]  # fmt: skip
    assert found["average_precision"] == pytest.approx(np.mean(each), abs=1e-12)


def test_a_class_without_rows_is_left_out():
    truth, probabilities = made_up(["a", "b", "c"])
    kept = truth != "c"
    truth, probabilities = truth[kept], probabilities[kept]

    found = metrics_of(truth, probabilities, ["a", "b", "c"])

    assert not [key for key in found if key.endswith("/c")]
    assert found["f1"] == pytest.approx((found["f1/a"] + found["f1/b"]) / 2)
    pair = [reference.roc_auc_score(truth == n, probabilities[:, i]) for i, n in enumerate("ab")]
    assert found["auc"] == pytest.approx(np.mean(pair), abs=1e-12)
    assert found["support/a"] + found["support/b"] == kept.sum()
    assert [row["class"] for row in per_class_table(found, ["a", "b", "c"])] == ["a", "b"]


def test_one_single_class_has_no_auc():
    found = metrics_of(["b", "b"], np.array([[0.2, 0.8], [0.7, 0.3]]), ["a", "b"])
    assert not [key for key in found if key.startswith(("auc", "average_precision"))]
    assert found["mcc"] == 0
    assert found["recall/b"] == 0.5
    assert per_class_table(found, ["a", "b"]) == [
        {
            "class": "b",
            "support": 2.0,
            "precision": 1.0,
            "recall": 0.5,
            "f1": pytest.approx(2 / 3),
            "auc": None,
        }
    ]


def test_a_certain_error_and_a_class_never_predicted_stay_finite():
    probabilities = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = metrics_of(["a", "b"], probabilities, ["a", "b"])
    assert found["precision/b"] == found["f1/b"] == 0
    assert all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize("dtype", ["str", "category", object])
def test_labels_may_come_in_any_text_type(dtype):
    truth = pd.Series(["b", "a", "b"], dtype=dtype)
    assert class_codes(truth, np.array(["a", "b"], dtype=object)).tolist() == [1, 0, 1]


def test_a_class_that_the_model_does_not_know_counts_as_wrong():
    said = Predictions.of(["a", "x", "b", "x"], np.array([[0.9, 0.1]] * 4), ["a", "b"])
    assert (said.labels, said.known, said.new) == (["a", "b", "x"], ["a", "b"], 1)
    assert said.support().tolist() == [1, 1, 2]
    found = classification_metrics(said)
    assert found["accuracy"] == 0.25
    assert found["recall/x"] == found["f1/x"] == 0
    assert all(math.isfinite(value) for value in found.values())
    other = said.part(slice(0, 2)).saying(np.array([[0.2, 0.8]] * 2))
    assert other.probabilities.tolist() == [[0.2, 0.8, 0]] * 2


def test_labels_none_of_which_the_model_knows_are_refused_with_their_count():
    with pytest.raises(InputError, match=r"'x' \(2 rows\)"):
        metrics_of(["y", "x", "x"], np.full((3, 2), 0.5), ["a", "b"])


def test_text_for_a_number_is_refused():
    with pytest.raises(InputError, match=r"'1' \(1 rows\)"):
        class_codes(np.array(["1"], dtype=object), [0, 1])


def test_no_rows_and_probabilities_that_are_not_finite_are_refused():
    with pytest.raises(InputError, match="no rows"):
        metrics_of([], np.empty((0, 2)), ["a", "b"])
    with pytest.raises(InputError, match="not finite"):
        metrics_of(["a"], np.array([[np.nan, 0.5]]), ["a", "b"])


def test_a_class_without_rows_is_in_the_performance_without_figures():
    predictions = Predictions.of(["a", "b", "b"], np.eye(3)[[0, 1, 0]], ["a", "b", "c"])
    found = performance(predictions, classification_metrics(predictions))
    assert found["confusion"] == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert [row["support"] for row in found["per_class"]] == [1, 2, 0]
    assert [row["recall"]["value"] for row in found["per_class"]] == [1.0, 0.5, None]
    assert [curve["class"] for curve in found["roc"]] == ["a", "b"]


def test_other_orders_and_other_classes():
    said = np.array([[0.1, 0.2, 0.7]])
    assert in_order(said, ["c", "a", "b"], ["a", "b", "c"]).tolist() == [[0.2, 0.7, 0.1]]
    assert in_order(said, ["a", "c"], ["a", "b"]) is None
