"""A model is found good once; another one, or other code, is looked at again."""

from dataclasses import asdict

import pytest

from pipeline import paths
from pipeline.commands import model_check
from pipeline.config.judging import Judging, judging
from pipeline.config.model import Model
from pipeline.errors import InputError
from pipeline.models import build

FEATURES = {"numeric": ["a"], "categorical": [], "text": None}
FOREST = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 5}


@pytest.fixture
def looked(tmp_path, monkeypatch):
    """How often a pipeline was built."""
    times = []
    real = build.build_pipeline
    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(build, "build_pipeline", lambda *a: (times.append(1), real(*a)))
    return times


def model(**estimator):
    return asdict(Model(estimator={**FOREST, **estimator}))


def test_a_good_model_is_looked_at_once(looked, monkeypatch):
    for _ in range(3):
        model_check.check(FEATURES, model(), 42)
    assert len(looked) == 1
    model_check.check(FEATURES, model(), 43)
    model_check.check({**FEATURES, "numeric": ["b"]}, model(), 42)
    model_check.check(FEATURES, model(max_depth=3), 42)
    assert len(looked) == 4
    monkeypatch.setattr(model_check, "version", lambda _: "99")
    model_check.check(FEATURES, model(), 42)
    assert len(looked) == 5


def test_a_bad_model_is_refused_each_time(looked):
    for _ in range(2):
        with pytest.raises(InputError, match="max_features='auto' was removed"):
            model_check.check(FEATURES, model(max_features="auto"), 42)
    assert len(looked) == 2


def test_a_class_from_elsewhere_is_looked_at_each_time(looked):
    target = "tests.fakes.majority.Majority"
    own = asdict(Model(estimator={"_target_": target}, allowed=[target]))
    for _ in range(2):
        model_check.check(FEATURES, own, 42)
    assert len(looked) == 2


def test_settings_of_a_step_that_is_started_alone():
    assert judging({}) == Judging()
    assert judging({"resamples": 200}).resamples == 200
    with pytest.raises(InputError, match=r"unknown key judging\.resample: did you mean"):
        judging({"resample": 200})
    for value in (99, 200.5, "200", True):
        with pytest.raises(InputError, match="resamples must be a whole number of at least 100"):
            judging({"resamples": value})
