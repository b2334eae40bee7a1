"""The types that some estimators need in a model file besides TRUSTED_TYPES and what skops trusts.

Reviewed: all are containers of numbers and of each other, and building one runs no code from the
file. PyFuncDistance64, which holds a function, is not among them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.config.model import TRUSTED_TYPES
from pipeline.models.boosters.config import BOOSTERS as TARGETS

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

METRICS = [
    "BrayCurtis", "Canberra", "Chebyshev", "Dice", "Euclidean", "Hamming", "Haversine", "Jaccard",
    "Mahalanobis", "Manhattan", "Minkowski", "RogersTanimoto", "RussellRao", "SEuclidean",
    "SokalMichener", "SokalSneath", "Yule",
]  # fmt: skip
DISTANCES = [f"sklearn.metrics._dist_metrics.{name}Distance64" for name in METRICS]
NEIGHBORS = ["sklearn.neighbors._ball_tree.BallTree", *DISTANCES]
NETWORKS = ["sklearn.neural_network._stochastic_optimizers.SGDOptimizer"]
OURS = "pipeline.models.boosters.libraries."
REVIEWED = {
    **{name: [OURS + name] for _, _, name in (target.partition(".") for target in TARGETS)},
    "CalibratedClassifierCV": [
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
    ],
    "GaussianProcessClassifier": [
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
    ],
    "KNeighborsClassifier": NEIGHBORS,
    "KNeighborsRegressor": NEIGHBORS,
    "MLPClassifier": NETWORKS,
    "MLPRegressor": NETWORKS,
    "RadiusNeighborsClassifier": NEIGHBORS,
}
# What any model file may hold that this code writes.
KNOWN = frozenset(TRUSTED_TYPES).union(*REVIEWED.values())
INSTALLED = frozenset(name for name in KNOWN if not name.startswith(OURS))  # with its packages


def types_of(estimator: "BaseEstimator") -> list[str]:
    """Return the reviewed types of an estimator, and of those that it is made of, sorted."""
    return sorted({name for each in _parts(estimator) for name in REVIEWED.get(each, ())})


def _parts(estimator: "BaseEstimator") -> Iterator[str]:
    yield type(estimator).__name__
    for value in estimator.get_params().values():
        if hasattr(value, "get_params"):
            yield type(value).__name__
