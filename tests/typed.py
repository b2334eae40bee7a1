"""Parts of the config as the tests write them: plain values, checked like a user's."""

from typing import Any

from pipeline.config.checks import Checks
from pipeline.config.loader import load
from pipeline.config.model import Features, Model
from pipeline.models.build import build_pipeline


def model(values: dict[str, Any]) -> Model:
    return load(Model, values, "model")


def features(values: dict[str, Any]) -> Features:
    return load(Features, values, "data.features")


def checks(values: dict[str, Any]) -> Checks:
    return load(Checks, values, "checks")


def pipeline(columns: dict[str, Any], estimator: dict[str, Any], seed: int = 7) -> Any:
    return build_pipeline(features(columns), model(estimator), seed)
