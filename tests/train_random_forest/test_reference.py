"""The published figures of the song table, on the table itself; skipped without it."""

import os
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from pipeline.judging.metrics import classification_metrics
from pipeline.judging.predictions import Predictions
from pipeline.models.export import predict
from pipeline.splits.division import Division, divide
from pipeline.tables.numbers import to_arrow
from preprocess import clean
from tests import typed
from tests.conftest import ROOT
from train_random_forest.train import fit

pytestmark = pytest.mark.slow
REAL_DATA = os.environ.get("REAL_DATA")


@pytest.fixture(scope="module")
def songs():
    """The song-genre table of conf/data/songs.yaml, prepared and divided as in the reference."""
    if not REAL_DATA:
        pytest.skip("set REAL_DATA to the song table of conf/data/songs.yaml (a Parquet file)")
    table = pd.read_parquet(Path(REAL_DATA)).drop_duplicates().reset_index(drop=True)
    table["text_feature"] = table["title"].fillna("") + " " + table["song_name"].fillna("")
    rest, test = train_test_split(table, test_size=0.3, random_state=42, stratify=table["genre"])
    train, val = train_test_split(rest, test_size=0.3, random_state=42, stratify=rest["genre"])
    assert (len(train), len(val), len(test)) == (20_567, 8_815, 12_593)
    return train, val, test


def test_the_reference_forest_reaches_its_figures(songs):
    train, val, test = songs
    numeric = "danceability energy loudness speechiness acousticness instrumentalness liveness"
    features = {
        "numeric": [*numeric.split(), "valence", "duration_ms", "tempo"],
        "categorical": ["time_signature", "key"],
        "text": "text_feature",
    }
    forest = {
        "_target_": "sklearn.ensemble.RandomForestClassifier",
        "n_estimators": 100,
        "max_depth": 13,
        "class_weight": "balanced",
    }
    model = {"estimator": forest, "text": {"max_features": 10, "binary": True}}
    pipeline = fit(typed.pipeline(features, model, 42), train, "genre")
    for part, expected in ((val, [0.95441, 0.68622, 0.66760]), (test, [0.95325, 0.68848, 0.66547])):
        said = Predictions.of(part["genre"], predict(pipeline, part)[0], pipeline.classes_)
        found = classification_metrics(said)
        assert [found[n] for n in ("auc", "accuracy", "f1")] == pytest.approx(expected, abs=0.0005)


@pytest.fixture(scope="module")
def grouped():
    """The table as `data=songs data/segregate=group` divides it: rows to train, rows to test."""
    if not REAL_DATA:
        pytest.skip("set REAL_DATA to the song table of conf/data/songs.yaml (a Parquet file)")
    data = yaml.safe_load((ROOT / "conf/data/songs.yaml").read_text())
    table = pq.read_table(REAL_DATA)
    table, _ = clean.preprocess(table, data["preprocess"])
    key, target = data["group_by"], data["target"]
    how = Division(0.3, 42, method="group", stratify=target, group_by=key)
    rest, test = divide(table, how)
    rest = table.take(to_arrow(rest))
    train, _ = divide(rest, how)
    frames = rest.to_pandas().iloc[train], table.take(to_arrow(test)).to_pandas()
    return data["features"], *frames


@pytest.mark.parametrize(
    ("name", "auc", "f1"),
    [
        ("random_forest_tuned", 0.955, 0.69),
        pytest.param(
            "hist_gradient_boosting",
            0.960,
            0.705,
            marks=pytest.mark.thorough,  # over a minute
        ),
    ],
)
def test_the_tuned_models_reach_what_their_files_say(grouped, name, auc, f1):
    features, train, test = grouped
    model = yaml.safe_load((ROOT / f"conf/model/{name}.yaml").read_text())
    with threadpool_limits(1):  # OpenMP's threads wait busily for each other on a busy machine
        pipeline = fit(typed.pipeline(features, model, 42), train, "genre")
        probabilities, _ = predict(pipeline, test)
    found = classification_metrics(Predictions.of(test["genre"], probabilities, pipeline.classes_))
    assert found["auc"] >= auc
    assert found["f1"] >= f1
