import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from evaluate.evaluate import predictions_table
from pipeline.errors import InputError
from pipeline.features import labels
from pipeline.models import predict

TABLE = pd.DataFrame({"kind": ["b", "a", "b", "a"], "size": [4, 1, 3, 2]}, index=[9, 3, 7, 1])


def fitted():
    columns = ColumnTransformer([("numeric", "passthrough", ["size"])])
    pipeline = Pipeline([("features", columns), ("estimator", LogisticRegression())])
    return pipeline.fit(TABLE[["size"]].astype(float), TABLE["kind"].to_numpy())


def test_predictions_keep_the_order_of_the_rows():
    pipeline = fitted()
    probabilities, predicted = predict(pipeline, TABLE)
    truth = labels(TABLE, "kind")
    table = predictions_table(truth, predicted, probabilities, pipeline.classes_)
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
    table = predictions_table(np.array([0]), np.array([1]), np.array([[0.4, 0.6]]), [0, 1])
    assert list(table) == ["truth", "prediction", "probability_0", "probability_1"]


def test_a_table_that_does_not_suit_is_refused():
    with pytest.raises(InputError, match="lacks the target column 'kind'"):
        labels(TABLE[["size"]], "kind")
    with pytest.raises(InputError, match="missing in 1 of 4 rows"):
        labels(TABLE.assign(kind=["a", "b", None, "a"]), "kind")
    with pytest.raises(InputError, match="lacks feature columns 'size'"):
        predict(fitted(), TABLE[["kind"]])
