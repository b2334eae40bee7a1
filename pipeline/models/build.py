"""Build the inference pipeline: one scikit-learn Pipeline from table to class, not fitted.

Only scikit-learn's own transformers, and those that `model.transformers` names: their package
travels with the exported model.
"""

from collections.abc import Mapping
from typing import Any

from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.utils import get_tags

from pipeline.config.model import (
    ALLOWED,
    ALLOWED_TRANSFORMERS,
    ENCODINGS,
    IMPUTATIONS,
    TEXT_PARAMETERS,
)
from pipeline.errors import InputError, check_names
from pipeline.models import transformers
from pipeline.models.estimator import make_estimator, validated
from pipeline.models.features import Features, feature_groups

# Categories that only turn up later are a class of their own, never a crash.
ENCODERS = {
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "one_hot": OneHotEncoder(handle_unknown="ignore"),
}
TRACKS = ("estimator", "numeric", "categorical", "text", "transformers", "allowed", "trusted_types")


def build_pipeline(features: Features, model: Mapping[str, Any], random_seed: int) -> Pipeline:
    """Return the unfitted pipeline: columns to numbers, then the estimator.

    Columns are sorted by name inside each track (numeric, categorical, text, in this order, then
    one for each of model.transformers); a track without columns is left out. The matrix between the
    two steps is dense, because HistGradientBoostingClassifier takes no other.

    Args:
        features: numeric and categorical (lists of columns) and text (a column or None).
        model: as pipeline.config.model.Model; what is left out has the default there.
        random_seed: the estimator's random_state.

    Raises:
        InputError: no columns, an unknown key, a value that scikit-learn does not allow.
    """
    check_names("model", model, sorted(TRACKS))
    numeric, categorical, text = feature_groups(features)
    tracks: list[tuple[str, Any, Any]] = []
    if numeric:
        tracks.append(("numeric", _numeric_track(model.get("numeric") or {}), numeric))
    if categorical:
        track = _categorical_track(model.get("categorical") or {})
        tracks.append(("categorical", track, categorical))
    words = model.get("text", {})
    if text and words is not None:  # a name, not a list: the vectorizer wants one column
        tracks.append(("text", _text_track(words), text[0]))
    named = model.get("allowed") or []
    numbers = _numeric_track(model.get("numeric") or {})
    own = model.get("transformers") or []
    tracks += transformers.tracks(own, numbers, random_seed, [*ALLOWED_TRANSFORMERS, *named])
    if not tracks:
        raise InputError(
            "data.features names no column that model uses: list at least one under numeric, "
            "categorical or text"
        )
    estimator = make_estimator(model.get("estimator") or {}, random_seed, [*ALLOWED, *named])
    if numeric or own:
        _takes_gaps(estimator, model.get("numeric") or {})
    columns = ColumnTransformer(tracks, sparse_threshold=0)
    return Pipeline([("features", columns), ("estimator", estimator)])


def _numeric_track(config: Mapping[str, Any]) -> Any:
    check_names("model.numeric", config, ["imputation", "indicator", "scaling"])
    imputation, indicator = config.get("imputation", "median"), config.get("indicator", False)
    _one_of("model.numeric.imputation", imputation, IMPUTATIONS)
    if indicator and imputation == "none":
        raise InputError(
            "model.numeric.indicator=true goes with an imputation: give median or mean"
        )
    steps: list[tuple[str, Any]] = []
    if imputation != "none":
        steps.append(("imputation", SimpleImputer(strategy=imputation, add_indicator=indicator)))
    if config.get("scaling", True):
        steps.append(("scaling", StandardScaler()))
    return Pipeline(steps) if steps else "passthrough"


def _categorical_track(config: Mapping[str, Any]) -> Any:
    check_names("model.categorical", config, ["encoding", "imputation"])
    encoding = config.get("encoding", "ordinal")
    _one_of("model.categorical.encoding", encoding, ENCODINGS)
    imputer = SimpleImputer(strategy=config.get("imputation", "most_frequent"))
    validated(imputer, {"strategy": "model.categorical.imputation"})
    return Pipeline([("imputation", imputer), ("encoding", clone(ENCODERS[encoding]))])


def _text_track(config: Mapping[str, Any]) -> TfidfVectorizer:
    check_names("model.text", config, sorted(TEXT_PARAMETERS))
    parameters = dict(config)
    if isinstance(parameters.get("ngram_range"), list):  # YAML knows no tuple
        parameters["ngram_range"] = tuple(parameters["ngram_range"])
    return validated(TfidfVectorizer(**parameters), "model.text")


def _one_of(key: str, value: Any, choices: list[str]) -> None:
    if value not in choices:
        raise InputError(f"{key}={value} is unknown; choose from: {', '.join(choices)}")


def _takes_gaps(estimator: Any, numeric: Mapping[str, Any]) -> None:
    """Refuse to leave gaps to an estimator that fails on them, perhaps only when it is used."""
    if numeric.get("imputation") == "none" and not get_tags(estimator).input_tags.allow_nan:
        raise InputError(
            f"model.numeric.imputation=none: {type(estimator).__name__} takes no missing values; "
            "give median or mean"
        )
