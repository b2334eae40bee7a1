"""The figures at stages of a fit: they end with those of the model, which stays as it is."""

import pickle

import numpy as np
import pandas as pd
import pytest

from pipeline.judging import staged
from pipeline.judging.metrics import classification_metrics
from pipeline.judging.predictions import Predictions
from pipeline.models.export import predict
from tests import typed
from train_random_forest.train import fit

FEATURES = {"numeric": ["size", "age"], "categorical": ["shape"]}


def made_up(rows=300):
    random = np.random.default_rng(0)
    kind = random.choice(["cat", "dog", "owl"], rows)
    return pd.DataFrame(
        {
            "kind": kind,
            "size": np.where(kind == "dog", 2.0, 1.0) + random.random(rows),
            "age": random.random(rows),
            "shape": random.choice(["round", "long"], rows),
        }
    )


def found(name, table, **parameters):
    """Return the model, fitted on the first 200 rows, the positions of both parts, the series."""
    estimator = {"_target_": f"sklearn.{name}", **parameters}
    parts = {"training": np.arange(200), "validation": np.arange(200, len(table))}
    fitted = fit(typed.pipeline(FEATURES, {"estimator": estimator}), table.head(200), "kind")
    before = pickle.dumps(fitted)
    series = staged.of_fit(fitted, table, parts, "kind")
    assert pickle.dumps(fitted) == before
    return fitted, parts, series


@pytest.mark.parametrize(
    ("name", "parameters", "axis", "counts"),
    [
        ("ensemble.RandomForestClassifier", {"n_estimators": 3}, "trees", [1, 2, 3]),
        ("ensemble.ExtraTreesClassifier", {"n_estimators": 1}, "trees", [1]),
        ("ensemble.RandomForestClassifier", {"n_estimators": 39}, "trees", [*range(1, 40, 2)]),
        ("ensemble.HistGradientBoostingClassifier", {"max_iter": 4}, "iterations", [1, 2, 3, 4]),
        ("ensemble.GradientBoostingClassifier", {"n_estimators": 2}, "iterations", [1, 2]),
    ],
)
def test_a_series_ends_with_the_figures_of_the_whole_model(name, parameters, axis, counts):
    table = made_up()
    fitted, parts, series = found(name, table, **parameters)
    assert list(series) == [axis]
    assert [point[axis] for point in series[axis]] == counts
    for part, rows in parts.items():
        frame = table.iloc[rows]
        judged = Predictions.of(frame["kind"], predict(fitted, frame)[0], fitted.classes_)
        whole = classification_metrics(judged)
        for metric in ("log_loss", "accuracy"):
            assert series[axis][-1][f"fitting/{part}_{metric}"] == pytest.approx(whole[metric])


def test_what_is_fitted_at_once_has_no_series():
    assert found("naive_bayes.GaussianNB", made_up())[2] == {}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_network_has_the_loss_of_its_iterations():
    size = {"hidden_layer_sizes": [2], "max_iter": 30}
    fitted, _, series = found("neural_network.MLPClassifier", made_up(), **size)
    points = series["iterations"]
    assert len(points) == staged.STAGES
    assert [points[0]["iterations"], points[-1]["iterations"]] == [1, 30]
    assert points[-1]["fitting/loss"] == fitted[-1].loss_curve_[-1]


def test_no_more_rows_are_judged_than_it_takes(monkeypatch):
    monkeypatch.setattr(staged, "ROWS", 2)
    parameters = {"n_estimators": 1, "max_features": None}
    _, _, series = found("ensemble.RandomForestClassifier", made_up(), **parameters)
    (point,) = series["trees"]
    assert {point[f"fitting/{part}_accuracy"] * 2 for part in ("training", "validation")} <= {
        0.0, 1.0, 2.0}  # fmt: skip
