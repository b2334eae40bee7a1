"""What depends on what a model predicts, a class or a number: the one place that tells them apart.

Predictions of either kind have `codes` (what rows are drawn within), `labels`, `part`, `table` and
`support`; what else is done with them goes through their task.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.config import evaluate
from pipeline.judging import metrics
from pipeline.judging.evaluation import Performance
from pipeline.judging.predictions import Predictions
from pipeline.judging.regression import residuals
from pipeline.judging.regression.metrics import WeightedRegression, regression_metrics
from pipeline.judging.regression.predictions import RegressionPredictions, quantile_of
from pipeline.judging.weighted_metrics import WeightedMetrics

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

AnyPredictions = Predictions | RegressionPredictions
Weighted = WeightedMetrics | WeightedRegression


@dataclass(frozen=True)
class Task:
    """How predictions of one kind are judged.

    Attributes:
        about: the names of the figures, and which count.
        metrics: the figures of predictions.
        weighted: predictions made ready for many resamples.
        performance: what can be drawn of predictions, given their figures.
    """

    about: evaluate.Task
    metrics: Callable[[Any], dict[str, float]]
    weighted: Callable[[Any], Weighted]
    performance: Callable[[Any, dict[str, float]], Performance]


CLASSIFICATION = Task(
    evaluate.CLASSIFICATION,
    metrics.classification_metrics,
    lambda said: WeightedMetrics(said.codes, said.probabilities),
    metrics.performance,
)
REGRESSION = Task(
    evaluate.REGRESSION,
    regression_metrics,
    WeightedRegression,
    lambda said, _: residuals.performance(said),
)


def task_of(said: AnyPredictions) -> Task:
    """Return the task of predictions."""
    return REGRESSION if isinstance(said, RegressionPredictions) else CLASSIFICATION


def metric_of(said: AnyPredictions, asked: str | None) -> str:
    """Return the metric that is asked for, else the one that suits what is predicted."""
    if isinstance(said, RegressionPredictions) and said.quantile is not None:
        return asked or "pinball"
    return asked or task_of(said).about.metric


def skill(said: AnyPredictions) -> float:
    """Return the AUC, R² of numbers, D² of a quantile; NaN where the rows have one true value.

    D² is the share of the pinball loss that the model avoids, of what the best constant has.
    """
    if isinstance(said, RegressionPredictions) and said.quantile is not None:
        constant = np.full((len(said.truth), 1), np.quantile(said.truth, said.quantile))
        losses = [regression_metrics(each)["pinball"] for each in (said, said.saying(constant))]
        return 1 - losses[0] / losses[1] if losses[1] else np.nan
    figures = task_of(said).weighted(said).figures(np.ones((len(said.codes), 1)))
    name = "auc" if isinstance(said, Predictions) else "r2"
    return float(figures.get(name, np.array([np.nan]))[0])


def is_regression(model: "Pipeline") -> bool:
    """Say whether a model predicts numbers."""
    return not hasattr(model, "classes_")


def predictions_of(
    model: "Pipeline", truth: NDArray[np.generic], said: NDArray[np.float64]
) -> AnyPredictions:
    """Return what a fitted model says beside the truth.

    Args:
        model: the pipeline.
        truth: (n,) of the target.
        said: (n, k) as models.export.predict returns it.

    Raises:
        InputError: the model knows none of the true classes, or a target is no number.
    """
    if is_regression(model):
        return RegressionPredictions.of(truth, said, quantile_of(model[-1]))
    return Predictions.of(truth, said, model.classes_)
