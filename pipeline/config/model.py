"""What the config may say about the model: the part of the schema that steps use too."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.config.evaluate import METRICS
from pipeline.config.preprocess import Features as Features
from pipeline.config.preprocess import RowValues
from pipeline.config.segregate import Split
from pipeline.errors import InputError

# scikit-learn's classifiers that plain values can set up and that may give probabilities.
ALLOWED = [
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
    # Parts of the training table that judge a model of the others, each in its turn; the exported
    # model is fitted on all. null: validation rows are kept aside once.
    folds: int | None = field(default=None, metadata={"at_least": 2})
    # After fold k: training stops if stop_metric, on average, is worse than the k-th number.
    stop_below: list[float] = field(default_factory=list)
    stop_metric: str = field(default="f1", metadata={"one_of": METRICS})

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


@dataclass(kw_only=True)
class ModelConfig(RowValues):
    """All that training is told beside its table.

    What preprocess did to each row by itself is in it: a server then does it as well.
    """

    target: str
    features: Features
    model: Model
    split: Split = field(default_factory=Split)  # of the validation rows, or of the folds
