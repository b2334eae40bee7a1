"""XGBoost, LightGBM and CatBoost, each if it is installed (uv sync --extra xgboost, ...)."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from pipeline.config.model import ALLOWED
from pipeline.errors import InputError
from pipeline.models import export, served_code
from pipeline.models.batch import BatchPredictor
from pipeline.models.boosters import config, libraries
from pipeline.models.estimator import make_estimator
from pipeline.models.rules import trial
from tests import typed, zoo
from train_random_forest import train

ROUNDS = {"xgboost": "n_estimators", "lightgbm": "n_estimators", "catboost": "iterations"}
FEATURES = {"numeric": ["size", "age"], "categorical": ["shape", "level"], "text": "words"}
TABLE = zoo.made_up(300)


@pytest.fixture(params=sorted(ROUNDS))
def library(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param, reason=f"needs uv sync --extra {request.param}")
    return str(request.param)


def target(library: str) -> str:
    (found,) = (name for name in ALLOWED if name.startswith(f"{library}."))
    return found


def fitted(library: str, **parameters: Any) -> Any:
    model = {"_target_": target(library), ROUNDS[library]: 30, **parameters}
    pipeline = typed.pipeline(FEATURES, {"estimator": model})
    return train.fit(pipeline, TABLE.head(200), "kind", TABLE.tail(100))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_booster_is_exported_loaded_and_scored_to_the_same_bits(library: str, tmp_path: Path):
    model, again = fitted(library), fitted(library)
    assert model[-1].sha256_ == again[-1].sha256_
    export.export(model, tmp_path / "model", TABLE, "kind")
    loaded = export.load(tmp_path / "model")
    said = export.predict(model, TABLE)[0]
    assert np.array_equal(said, export.predict(loaded, TABLE)[0])
    assert (model.predict(TABLE) == TABLE["kind"]).mean() > 0.8
    BatchPredictor(tmp_path / "model", "model")  # the golden batch
    held = {file.name for file in (tmp_path / "model" / served_code.CODE).rglob("*.py")}
    assert {"base.py", "libraries.py", "__init__.py"} < held
    requirements = (tmp_path / "model" / "requirements.txt").read_text()
    assert f"\n{library}" in requirements
    loaded[-1].model_ = loaded[-1].model_.copy()
    loaded[-1].model_[40] ^= 1
    loaded[-1].__dict__.pop("_own", None)
    with pytest.raises(ValueError, match="its SHA-256 is another"):
        loaded[-1].predict_proba(np.zeros((1, loaded[-1].n_features_in_)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_validation_rows_stop_it_and_categories_are_its_own(library: str):
    short = fitted(library, early_stopping_rounds=1, **{ROUNDS[library]: 400})
    long = fitted(library, **{ROUNDS[library]: 400})
    assert len(short[-1].model_) < len(long[-1].model_)
    assert short[-1].categorical_features == [2, 3]
    none = fitted(library, categorical_features=None)
    assert none[-1].categorical_features is None
    assert none[-1].sha256_ != fitted(library)[-1].sha256_


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"verbose": 0}, "estimator.verbose is set by the pipeline; leave it out"),
        ({"max_deph": 3}, "max_depth"),
        ({"random_state": 3}, "differs from the seed 7"),
        ({"categorical_features": ["size"]}, "names 'size', which is not in data.features.cat"),
    ],
)
def test_a_wrong_parameter_is_one_line(library: str, given: dict[str, Any], why: str):
    with pytest.raises(InputError, match=why):
        fitted(library, **given)


def test_a_wrong_value_is_found_before_any_run(library: str):
    name = {"catboost": "depth", "lightgbm": "num_leaves"}.get(library, "max_bin")
    estimator = make_estimator({"_target_": target(library), name: -7}, 7)
    with pytest.raises(InputError, match=r"model.estimator \w+: .*(-7|num_leaves)") as caught:
        trial.check(estimator)
    assert "\n" not in str(caught.value)


def test_early_stopping_needs_rows_aside(library: str):
    model = {"estimator": {"_target_": target(library), "early_stopping_rounds": 3}, "folds": 2}
    with pytest.raises(InputError, match=r"goes without model\.folds"):
        typed.pipeline(FEATURES, model)


def test_a_regressor(library: str):
    numbers = np.random.default_rng(0).normal(size=(200, 3))
    kind = f"{config.NAMES[library]}Regressor"
    model = getattr(libraries, kind)({ROUNDS[library]: 50}, None, 1)
    assert clone(model).fit(numbers, numbers[:, 0]).score(numbers, numbers[:, 0]) > 0.8


def test_a_library_that_is_not_there_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "xgboost", None)
    with pytest.raises(InputError, match="uv sync --extra xgboost, or pip install xgboost-cpu"):
        make_estimator({"_target_": "xgboost.XGBClassifier"}, 1)
