"""A model is found good once; another one, or other code, is looked at again."""

import pytest

from pipeline import paths
from pipeline.commands.before import model_check
from pipeline.config.model import Features, Model
from pipeline.errors import InputError
from pipeline.models import build

FEATURES = Features(["a"])
FOREST = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 5}


@pytest.fixture
def looked(tmp_path, monkeypatch):
    """How often a pipeline was built."""
    times = []
    real = build.build_pipeline
    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(build, "build_pipeline", lambda *a: times.append(1) or real(*a))
    return times


def model(**estimator):
    return Model(estimator={**FOREST, **estimator})


def test_a_good_model_is_looked_at_once(looked, monkeypatch):
    for _ in range(3):
        model_check.kind_of(FEATURES, model(), 42)
    assert len(looked) == 1
    model_check.kind_of(FEATURES, model(), 43)
    model_check.kind_of(Features(["b"]), model(), 42)
    model_check.kind_of(FEATURES, model(max_depth=3), 42)
    assert len(looked) == 4
    monkeypatch.setattr(model_check, "version", lambda _: "99")
    model_check.kind_of(FEATURES, model(), 42)
    assert len(looked) == 5


def test_a_bad_model_is_refused_each_time(looked):
    for _ in range(2):
        with pytest.raises(InputError, match="max_features='auto' was removed"):
            model_check.kind_of(FEATURES, model(max_features="auto"), 42)
    assert len(looked) == 2


def test_a_class_from_elsewhere_is_looked_at_each_time(looked):
    target = "tests.fakes.majority.Majority"
    own = Model(estimator={"_target_": target}, allowed=[target])
    for _ in range(2):
        model_check.kind_of(FEATURES, own, 42)
    assert len(looked) == 2
