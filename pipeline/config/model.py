"""What the config may say about the model: the part of the schema that steps use too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.evaluate import CLASSIFICATION, METRICS, REGRESSION, TASKS
from pipeline.config.preprocess import Features as Features
from pipeline.config.preprocess import RowValues
from pipeline.config.segregate import Split
from pipeline.errors import InputError

# scikit-learn's classifiers that plain values can set up and that may give probabilities.
ALLOWED = [
    "catboost.CatBoostClassifier",  # these three: if they are installed
    "lightgbm.LGBMClassifier",
    "xgboost.XGBClassifier",
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
    "sklearn.dummy.DummyClassifier",
    "sklearn.ensemble.AdaBoostClassifier",
    "sklearn.ensemble.BaggingClassifier",
    "sklearn.ensemble.ExtraTreesClassifier",
    "sklearn.ensemble.GradientBoostingClassifier",
    "sklearn.ensemble.HistGradientBoostingClassifier",
    "sklearn.ensemble.RandomForestClassifier",
    "sklearn.gaussian_process.GaussianProcessClassifier",
    "sklearn.linear_model.LogisticRegression",
    "sklearn.linear_model.LogisticRegressionCV",
    "sklearn.linear_model.SGDClassifier",
    "sklearn.naive_bayes.BernoulliNB",
    "sklearn.naive_bayes.ComplementNB",
    "sklearn.naive_bayes.GaussianNB",
    "sklearn.naive_bayes.MultinomialNB",
    "sklearn.neighbors.KNeighborsClassifier",
    "sklearn.neighbors.RadiusNeighborsClassifier",
    "sklearn.neural_network.MLPClassifier",
    "sklearn.svm.NuSVC",
    "sklearn.svm.SVC",
    "sklearn.tree.DecisionTreeClassifier",
    "sklearn.tree.ExtraTreeClassifier",
]
# Its regressors.
REGRESSORS = [
    "catboost.CatBoostRegressor",
    "lightgbm.LGBMRegressor",
    "xgboost.XGBRegressor",
    "sklearn.dummy.DummyRegressor",
    "sklearn.ensemble.AdaBoostRegressor",
    "sklearn.ensemble.BaggingRegressor",
    "sklearn.ensemble.ExtraTreesRegressor",
    "sklearn.ensemble.GradientBoostingRegressor",
    "sklearn.ensemble.HistGradientBoostingRegressor",
    "sklearn.ensemble.RandomForestRegressor",
    "sklearn.linear_model.ElasticNet",
    "sklearn.linear_model.ElasticNetCV",
    "sklearn.linear_model.HuberRegressor",
    "sklearn.linear_model.Lasso",
    "sklearn.linear_model.LassoCV",
    "sklearn.linear_model.LinearRegression",
    "sklearn.linear_model.PoissonRegressor",
    "sklearn.linear_model.QuantileRegressor",
    "sklearn.linear_model.Ridge",
    "sklearn.linear_model.RidgeCV",
    "sklearn.neighbors.KNeighborsRegressor",
    "sklearn.neural_network.MLPRegressor",
    "sklearn.svm.SVR",
    "sklearn.tree.DecisionTreeRegressor",
    "sklearn.tree.ExtraTreeRegressor",
]
# scikit-learn's transformers that plain values can set up and that name what they make.
ALLOWED_TRANSFORMERS = [
    "sklearn.preprocessing.KBinsDiscretizer",
    "sklearn.preprocessing.PolynomialFeatures",
    "sklearn.preprocessing.PowerTransformer",
    "sklearn.preprocessing.QuantileTransformer",
    "sklearn.preprocessing.SplineTransformer",
]
# What skops does not trust by itself and these classifiers need. Reviewed: all are containers of
# numbers, and building one runs no code from the file.
TRUSTED_TYPES = [
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
]
# Parameters of TfidfVectorizer that a config can give; `input: filename` would open files.
TEXT_PARAMETERS = [
    "analyzer", "binary", "lowercase", "max_df", "max_features", "min_df", "ngram_range", "norm",
    "smooth_idf", "stop_words", "strip_accents", "sublinear_tf", "token_pattern", "use_idf",
]  # fmt: skip
CARD = "model_card.md"  # lies beside an exported model
IMPUTATIONS = ["median", "mean", "none"]  # none: for estimators that take missing values
CALIBRATIONS = ["sigmoid", "isotonic"]
ENCODINGS = ["ordinal", "one_hot"]


@dataclass
class NumericTrack:
    """How numeric columns enter the model."""

    imputation: str = field(default="median", metadata={"one_of": IMPUTATIONS})
    scaling: bool = True  # to mean 0 and standard deviation 1
    indicator: bool = False  # one more input per column with gaps: whether the value was missing


@dataclass
class CategoricalTrack:
    """How categorical columns enter the model."""

    imputation: str = field(default="most_frequent", metadata={"one_of": ["most_frequent"]})
    encoding: str = field(default="ordinal", metadata={"one_of": ENCODINGS})


@dataclass
class Model:
    """An estimator with its parameters, and the tracks that lead to it."""

    estimator: dict[str, Any] = field(default_factory=dict)
    numeric: NumericTrack = field(default_factory=NumericTrack)
    categorical: CategoricalTrack = field(default_factory=CategoricalTrack)
    # Parameters of TfidfVectorizer; null: no text enters the model.
    text: dict[str, Any] | None = field(default_factory=dict, metadata={"keys": TEXT_PARAMETERS})
    # Features that the model makes itself: _target_, columns and parameters of each transformer.
    transformers: list[dict[str, Any]] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)  # classes of _target_ besides those above
    # Types that a model file may hold besides TRUSTED_TYPES and what skops trusts; nothing else is
    # written or read.
    trusted_types: list[str] = field(default_factory=list)
    # The probabilities are calibrated on folds of the training rows; null: they stay as they are.
    calibrate: str | None = field(default=None, metadata={"one_of": CALIBRATIONS})
    # Train on a seeded, stratified sample of so many rows of the table, and say what more of them
    # would bring: for tables larger than memory. null: all rows.
    rows: int | None = field(default=None, metadata={"at_least": 100})
    # XGBoost is fitted on all rows, however many, in so many partitions that work at once; `rows`
    # are a sample that prepares and judges. null: on what `rows` says, in memory.
    partitions: int | None = field(default=None, metadata={"at_least": 1, "at_most": 1000})
    # Parts of the training table that judge a model of the others, each in its turn; the exported
    # model is fitted on all. null: validation rows are kept aside once.
    folds: int | None = field(default=None, metadata={"at_least": 2})
    # After fold k: training stops if stop_metric, on average, is worse than the k-th number.
    stop_below: list[float] = field(default_factory=list)
    # null: as gate.metric.
    stop_metric: str | None = field(default=None, metadata={"one_of": METRICS})
    # Of a regression: the share of rows that may lie outside the prediction interval; null: none.
    interval_alpha: float | None = field(default=0.05, metadata={"above": 0, "below": 1})

    def __post_init__(self) -> None:
        """Refuse numbers for folds that there are not."""
        limits = f"model.stop_below={self.stop_below}"
        if self.stop_below and self.folds is None:
            raise InputError(
                f"{limits}: there are no folds to stop after; give model.folds, or leave it out"
            )
        if self.folds and len(self.stop_below) > self.folds:
            raise InputError(
                f"{limits}: {len(self.stop_below)} numbers for model.folds={self.folds}; give one "
                "for each fold, or for the first few"
            )


def metric_for(asked: str | None, estimator: Mapping[str, Any], task: str = "auto") -> str:
    """Return the metric that is asked for, else the one that suits the model.

    Args:
        asked: of the config.
        estimator: _target_ and parameters.
        task: data.task; auto: what the name of the class says, which is not imported for it.
    """
    name = str(estimator.get("_target_") or "")
    number = task == REGRESSION.name or name in REGRESSORS or name.endswith("Regressor")
    quantile = name.endswith("QuantileRegressor") or estimator.get("loss") == "quantile"
    if not number or task == CLASSIFICATION.name:
        return asked or CLASSIFICATION.metric
    return asked or ("pinball" if quantile else REGRESSION.metric)


@dataclass(kw_only=True)
class ModelConfig(RowValues):
    """All that training is told beside its table.

    What preprocess did to each row by itself is in it: a server then does it as well.
    """

    target: str
    task: str = field(default="auto", metadata={"one_of": ["auto", *TASKS]})  # as in data
    features: Features
    model: Model
    split: Split = field(default_factory=Split)  # of the validation rows, or of the folds
