"""Build the inference pipeline: one scikit-learn Pipeline from table to prediction, not fitted.

Only scikit-learn's own transformers, and those that `model.transformers` names: their package
travels with the exported model.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

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
    REGRESSORS,
    CategoricalTrack,
    Features,
    Model,
    NumericTrack,
)
from pipeline.errors import InputError
from pipeline.models import transformers
from pipeline.models.boosters.config import BOOSTERS, stops_early
from pipeline.models.estimator import make_estimator
from pipeline.models.features import feature_groups
from pipeline.models.rules import categories
from pipeline.models.rules.validation import validated

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

# Categories that only turn up later are a class of their own, never a crash.
ENCODERS = {
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "one_hot": OneHotEncoder(handle_unknown="ignore"),
}


def build_pipeline(features: Features, model: Model, random_seed: int) -> Pipeline:
    """Return the unfitted pipeline: columns to numbers, then the estimator.

    Columns are sorted by name inside each track (numeric, categorical, text, in this order, then
    one for each of model.transformers); a track without columns is left out. The matrix between the
    two steps is dense, because HistGradientBoostingClassifier takes no other.

    Args:
        features: the columns of each track.
        model: the estimator, and how each track is made.
        random_seed: the estimator's random_state.

    Raises:
        InputError: no columns, a value that scikit-learn does not allow.
    """
    numeric, categorical, text = feature_groups(features)
    tracks: list[transformers.Track] = []
    if numeric:
        tracks.append(("numeric", _numeric_track(model.numeric), numeric))
    if categorical:
        tracks.append(("categorical", _categorical_track(model.categorical), categorical))
    if text and model.text is not None:  # a name, not a list: the vectorizer wants one column
        tracks.append(("text", _text_track(model.text), text[0]))
    own, numbers = model.transformers, _numeric_track(model.numeric)
    allowed = [*ALLOWED_TRANSFORMERS, *model.allowed]
    tracks += transformers.tracks(own, numbers, random_seed, allowed)
    if not tracks:
        raise InputError(
            "data.features names no column that model uses: list at least one under numeric, "
            "categorical or text"
        )
    booster = str(model.estimator.get("_target_")) in BOOSTERS
    config = categories.named(model, categorical, booster)
    classes = [*ALLOWED, *REGRESSORS, *model.allowed]
    estimator = make_estimator(config, random_seed, classes, model.calibrate)
    _check_fit(estimator, model)
    if numeric or own:
        _takes_gaps(estimator, model.numeric)
    columns = ColumnTransformer(tracks, sparse_threshold=0)
    return Pipeline([("features", columns), ("estimator", estimator)])


def _numeric_track(track: NumericTrack) -> Pipeline | str:
    imputation = track.imputation
    if track.indicator and imputation == "none":
        raise InputError(
            "model.numeric.indicator=true goes with an imputation: give median or mean"
        )
    steps: list[tuple[str, BaseEstimator]] = []
    if imputation != "none":
        imputer = SimpleImputer(strategy=imputation, add_indicator=track.indicator)
        steps.append(("imputation", imputer))
    if track.scaling:
        steps.append(("scaling", StandardScaler()))
    return Pipeline(steps) if steps else "passthrough"


def _categorical_track(track: CategoricalTrack) -> Pipeline:
    imputer = SimpleImputer(strategy=track.imputation)
    return Pipeline([("imputation", imputer), ("encoding", clone(ENCODERS[track.encoding]))])


def _text_track(config: Mapping[str, object]) -> TfidfVectorizer:
    parameters = dict(config)
    if isinstance(span := parameters.get("ngram_range"), list):  # YAML knows no tuple
        parameters["ngram_range"] = tuple(span)
    return validated(TfidfVectorizer(**parameters), "model.text")


def _check_fit(estimator: "BaseEstimator", model: Model) -> None:
    """Refuse to stop early without rows that validate, and partitions that nothing can fit."""
    if (model.folds or model.calibrate) and stops_early(estimator):
        key = "folds" if model.folds else "calibrate"
        raise InputError(
            f"model.estimator.early_stopping_rounds goes without model.{key}, which keeps no rows "
            "aside to stop on; set the number of trees instead"
        )
    if model.partitions is None:
        return
    key, target = f"model.partitions={model.partitions}", model.estimator.get("_target_")
    if BOOSTERS.get(str(target)) != "xgboost":
        raise InputError(
            f"{key}: only XGBoost is fitted in partitions, not {target}; give model=xgboost, or "
            "leave it out and train on a sample (model.rows)"
        )
    for name in ("folds", "calibrate"):
        if (value := getattr(model, name)) is not None:
            raise InputError(f"{key} goes without model.{name}={value}; leave one of them out")


def _takes_gaps(estimator: "BaseEstimator", track: NumericTrack) -> None:
    """Refuse to leave gaps to an estimator that fails on them, perhaps only when it is used."""
    if track.imputation == "none" and not get_tags(estimator).input_tags.allow_nan:
        raise InputError(
            f"model.numeric.imputation=none: {type(estimator).__name__} takes no missing values; "
            "give median or mean"
        )
