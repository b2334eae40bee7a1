"""Build and fit the inference pipeline: one scikit-learn Pipeline from table to class.

Only scikit-learn's own transformers, so that the exported model loads anywhere.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from pipeline.errors import InputError
from pipeline.features import Features, feature_groups, features_of, labels, model_input
from train_random_forest.estimator import check_names, make_estimator, validated

# Categories that only turn up later are a class of their own, never a crash.
ENCODERS = {
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "one_hot": OneHotEncoder(handle_unknown="ignore"),
}


def build_pipeline(features: Features, model: Mapping[str, Any], random_seed: int) -> Pipeline:
    """Return the unfitted pipeline: columns to numbers, then the estimator.

    Columns are sorted by name inside each track (numeric, categorical, text, in this order); a
    track without columns is left out. The matrix between the two steps is dense, because
    HistGradientBoostingClassifier takes no other.

    Args:
        features: numeric and categorical (lists of columns) and text (a column or None).
        model: estimator (`_target_` and parameters), numeric (imputation, scaling), categorical
            (imputation, encoding), text (parameters of TfidfVectorizer).
        random_seed: the estimator's random_state.

    Raises:
        InputError: no columns, an unknown key, a value that scikit-learn does not allow.
    """
    check_names("model", model, ["estimator", "numeric", "categorical", "text"])
    numeric, categorical, text = feature_groups(features)
    tracks: list[tuple[str, Any, Any]] = []
    if numeric:
        tracks.append(("numeric", _numeric_track(model.get("numeric") or {}), numeric))
    if categorical:
        track = _categorical_track(model.get("categorical") or {})
        tracks.append(("categorical", track, categorical))
    if text:  # a name, not a list: the vectorizer wants one column of documents
        tracks.append(("text", _text_track(model.get("text") or {}), text[0]))
    if not tracks:
        raise InputError(
            "data.features names no column: list at least one under numeric, categorical or text"
        )
    estimator = make_estimator(model.get("estimator") or {}, random_seed)
    columns = ColumnTransformer(tracks, sparse_threshold=0)
    return Pipeline([("features", columns), ("estimator", estimator)])


def fit(pipeline: Pipeline, table: pd.DataFrame, target: str) -> Pipeline:
    """Return a fitted copy of the pipeline.

    A forest is fitted on all cores, unless its n_jobs says otherwise, but left with none: with
    several, the trees are the same and the sums in predict_proba are not, to the last bit.

    Raises:
        InputError: a column is absent, of the wrong type or wholly missing; the target is missing
            in some rows or has one class; scikit-learn refuses the data.
    """
    truth = labels(table, target)
    _two_or_more_classes(truth, target)
    inputs = model_input(table, features_of(pipeline))
    if empty := [name for name in inputs if inputs[name].isna().all()]:
        raise InputError(
            f"feature {', '.join(map(repr, empty))} is missing in all {len(table)} rows; remove it "
            "from data.features or correct the table"
        )
    fitted = clone(pipeline)
    estimator = fitted[-1]
    forest = isinstance(estimator, RandomForestClassifier | ExtraTreesClassifier)
    if forest and estimator.n_jobs is None:
        estimator.set_params(n_jobs=-1)
    try:
        fitted.fit(inputs, truth)
    except (
        ValueError
    ) as error:  # scikit-learn's word for data or parameters that do not go together
        line = str(error).strip().partition("\n")[0]
        raise InputError(f"model.estimator {type(estimator).__name__}: {line}") from error
    if "n_jobs" in estimator.get_params():
        estimator.set_params(n_jobs=None)
    return fitted


def _numeric_track(config: Mapping[str, Any]) -> Any:
    check_names("model.numeric", config, ["imputation", "scaling"])
    steps = _imputer("numeric", config.get("imputation", "median"))
    if config.get("scaling", True):
        steps.append(("scaling", StandardScaler()))
    return Pipeline(steps) if steps else "passthrough"


def _categorical_track(config: Mapping[str, Any]) -> Any:
    check_names("model.categorical", config, ["imputation", "encoding"])
    encoding = config.get("encoding", "ordinal")
    if encoding not in ENCODERS:
        raise InputError(
            f"model.categorical.encoding={encoding} is unknown; choose from: {', '.join(ENCODERS)}"
        )
    steps = _imputer("categorical", config.get("imputation", "most_frequent"))
    return Pipeline([*steps, ("encoding", clone(ENCODERS[encoding]))])


def _imputer(track: str, strategy: str | None) -> list[tuple[str, Any]]:
    if strategy is None:
        return []
    imputer = SimpleImputer(strategy=strategy)
    return [("imputation", validated(imputer, {"strategy": f"model.{track}.imputation"}))]


def _text_track(config: Mapping[str, Any]) -> TfidfVectorizer:
    check_names("model.text", config, TfidfVectorizer._get_param_names())
    parameters = dict(config)
    if isinstance(parameters.get("ngram_range"), list):  # YAML knows no tuple
        parameters["ngram_range"] = tuple(parameters["ngram_range"])
    return validated(TfidfVectorizer(**parameters), "model.text")


def _two_or_more_classes(truth: NDArray[Any], target: str) -> None:
    classes = pd.unique(truth)
    if len(classes) < 2:
        held = f"only the class {classes[0]!r}" if len(classes) else "no rows"
        raise InputError(
            f"the target {target!r} has {held} in the training table; a model needs two classes"
        )
