"""The test table in pieces: the same as if it were whole."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from evaluate.table import TableReader, digests
from pipeline.errors import InputError
from pipeline.judging.importances import Draws
from pipeline.models.export import predict
from pipeline.models.features import features_of, model_input
from pipeline.tables import row_digests, table_files
from tests import typed

FEATURES = {"numeric": ["size", "count"], "categorical": ["shape", "code"], "text": "words"}
FOREST = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 10}
DRAWS = Draws(repeats=2, most_rows=30, seed=3)


def table(rows=200):
    """A table with gaps, categories, whole numbers with gaps, and a column of no use."""
    random = np.random.default_rng(0)
    shapes = pa.array(random.choice(["round", "long"], rows)).dictionary_encode()
    return pa.table(
        {
            "useless": random.random(rows),
            "kind": random.choice(["a", "b", "c"], rows),
            "size": pa.array(random.random(rows), mask=np.arange(rows) > rows - 3),
            "count": pa.array(random.integers(0, 9, rows), mask=np.arange(rows) == 1),
            "shape": shapes,
            "code": pa.array(random.integers(0, 4, rows), mask=np.arange(rows) == 2),
            "words": random.choice(["it flies", "it walks", ""], rows),
        }
    )


@pytest.fixture(params=["csv", "parquet"])
def reader(request, tmp_path, monkeypatch):
    """A reader of the table, 7 rows at a time."""
    monkeypatch.setattr("pipeline.tables.chunks.PIECE", 7)
    monkeypatch.setattr("pipeline.tables.chunks.FIRST_BLOCK", 200)
    path = tmp_path / f"t.{request.param}"
    source = table_files.Source(path, table_files.write(table(), path))
    assert len(list(source.pieces())) > 5
    return TableReader(source, "kind")


def model():
    frame = table().to_pandas()
    pipeline = typed.pipeline(FEATURES, {"estimator": FOREST})
    return pipeline.fit(model_input(frame, features_of(pipeline)), frame["kind"].to_numpy())


def test_pieces_are_predicted_as_the_whole(reader):
    fitted, frame = model(), table().to_pandas()
    predictions, sample = reader.predictions(fitted, DRAWS)
    whole, labels = predict(fitted, frame)
    np.testing.assert_array_equal(predictions.probabilities, whole)
    assert predictions.classes[predictions.codes].tolist() == frame["kind"].tolist()
    assert predictions.classes[predictions.predicted].tolist() == labels.tolist()
    rows = frame.iloc[DRAWS.all_rows(predictions.codes)]
    assert 30 < len(sample) == len(rows) < 61
    groups = features_of(fitted)
    pd.testing.assert_frame_equal(
        model_input(sample, groups), model_input(rows.reset_index(drop=True), groups),
        check_dtype=False,
    )  # fmt: skip
    np.testing.assert_array_equal(predict(fitted, sample)[0], predict(fitted, rows)[0])


def test_columns_to_slice_by_are_whole_and_keep_their_types(reader):
    frame = reader.columns(["shape", "count", "shape"])
    pd.testing.assert_frame_equal(frame, table().to_pandas()[["shape", "count"]])
    assert reader.columns([]).empty


def test_digests_are_those_of_the_whole_rows(reader):
    expected = row_digests.of_rows(table(), ["kind", "shape", "count"])
    assert reader.digests(["kind", "shape", "count"]).tolist() == expected.tolist()


def refused(tmp_path, content, *more, target="kind"):
    path = tmp_path / "t.parquet"
    source = table_files.Source(path, table_files.write(content, path))
    reader = TableReader(source, target)
    with pytest.raises(InputError) as error:
        _ = reader.columns(more), reader.predictions(model(), DRAWS)
    return str(error.value)


def test_what_does_not_suit_is_refused_with_the_columns_there_are(tmp_path):
    whole = table()
    line = refused(tmp_path, whole, target="kin")
    assert line.startswith("the table lacks the target column 'kin'; it has 'useless', 'kind', ")
    line = refused(tmp_path, whole.drop_columns(["words", "size"]))
    assert line.startswith("the table lacks feature columns 'size', 'words'; it has 'useless', ")
    line = refused(tmp_path, whole, "shap")
    assert line.startswith("data.slices: the test table has no column 'shap': did you mean 'shape'")
    assert refused(tmp_path, whole.slice(0, 0)).startswith("the table has no rows")
    other = whole.set_column(1, "kind", pa.array(["z"] * len(whole)))
    assert "'z' (200 rows)" in refused(tmp_path, other)


def test_a_table_without_rows_has_no_digests(tmp_path):
    path = tmp_path / "t.csv"
    source = table_files.Source(path, table_files.write(table().slice(0, 0), path))
    assert digests(source, ["kind"]).tolist() == []
