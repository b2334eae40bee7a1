"""A model that does not suit task, metrics or target is refused before anything runs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import paths
from pipeline.commands.before import model_check
from pipeline.config.evaluate import Gate, OfClasses, OfSlices, Whole
from pipeline.config.model import Features, Model, metric_for
from pipeline.config.schema import Config, Data, Main, Segregate, Tracking
from pipeline.errors import InputError

FOREST, RIDGE = "sklearn.ensemble.RandomForestClassifier", "sklearn.linear_model.Ridge"
BOOSTING = "sklearn.ensemble.HistGradientBoostingRegressor"


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "STATE", tmp_path)


def config(estimator: str, *, task: str = "auto", url: str = "s3://far/away.csv", **parameters):
    data: dict[str, Any] = {"file_url": url, "description": "d", "target": "y"}
    return Config(
        main=Main(project_name="p", experiment_name="e", random_seed=1, artifact_store="a"),
        tracking=Tracking(wandb="disabled", timeout=1, upload_timeout=1),
        data=Data(**data, task=task, test_size=0.3, val_size=0.3, ks_alpha=0.05,
                  features=Features(["a"]), segregate=Segregate(test_size=0.3, random_state=1)),
        model=Model(estimator={"_target_": estimator, **parameters}, text=None),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (config(FOREST, task="regression"),
         "data.task is regression, but RandomForestClassifier predicts classes: set "
         "model=random_forest_regressor, or data.task=classification"),
        (config(RIDGE, task="classification"),
         "data.task is classification, but Ridge predicts numbers: set model=random_forest, or "
         "data.task=regression"),
        (replace(config(RIDGE), gate=Gate(metric="f1")),
         "gate.metric=f1 is not of this model, which predicts numbers: choose from rmse, mae, r2, "
         "median_absolute_error, mape"),
        (replace(config(FOREST), gate=Gate(overall=Whole(rmse=3))),
         "gate.overall.rmse is not of this model, which predicts classes: choose from auc, f1"),
        (replace(config(RIDGE), gate=Gate(per_class=OfClasses(recall=0.1))),
         "gate.per_class={recall: ...}: a regression has no classes"),
        (replace(config(RIDGE), gate=Gate(slices=OfSlices(f1=0.1))),
         "gate.slices.f1 is not of this model, which predicts numbers: choose from rmse, mae, r2"),
        (replace(config(RIDGE), gate=Gate(overall=Whole(pinball=3))),
         "gate.overall.pinball is not of this model, which predicts numbers"),
    ],
)  # fmt: skip
def test_refused_in_one_line_that_says_what_to_set(asked: Config, said: str) -> None:
    with pytest.raises(InputError) as refused:
        model_check.check(asked)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_what_suits_passes_each_time() -> None:
    for _ in range(2):
        model_check.check(config(FOREST, task="classification"))
        model_check.check(replace(config(RIDGE, task="regression"), gate=Gate(metric="r2")))
        quantile = config(BOOSTING, loss="quantile", quantile=0.9)
        model_check.check(replace(quantile, gate=Gate(overall=Whole(pinball=3, coverage=0.8))))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_target_in_a_file_that_is_here_is_looked_at_once(suffix, tmp_path, monkeypatch) -> None:
    frame = pd.DataFrame({"a": range(200), "y": np.arange(200) / 7, "word": ["u", "v"] * 100})
    path = tmp_path / f"t.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    asked = config(FOREST, url=str(path))
    with pytest.raises(InputError, match=r"the target 'y' is a quantity \(200 distinct"):
        model_check.check(asked)
    model_check.check(config(FOREST, url=str(path), task="classification"))
    text = config(RIDGE, url=str(path))
    text.data.target = "word"
    with pytest.raises(InputError, match="'word' holds 'u', which is no number, but Ridge"):
        model_check.check(text)
    model_check.check(config(RIDGE, url=str(path)))
    monkeypatch.setattr("pipeline.commands.before.target_check._column", None)
    model_check.check(config(RIDGE, url=str(path)))


@pytest.mark.parametrize(
    ("asked", "estimator", "task", "metric"),
    [
        (None, {"_target_": FOREST}, "auto", "f1"),
        (None, {"_target_": RIDGE}, "auto", "rmse"),
        (None, {"_target_": BOOSTING, "loss": "quantile"}, "auto", "pinball"),
        (None, {"_target_": "own.Model"}, "regression", "rmse"),
        ("mae", {"_target_": RIDGE}, "auto", "mae"),
    ],
)
def test_the_metric_that_suits_a_model(asked, estimator, task, metric) -> None:
    assert metric_for(asked, estimator, task) == metric
