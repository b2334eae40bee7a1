"""What training leaves beside the model."""

import warnings
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
from sklearn.pipeline import Pipeline

from pipeline.judging.regression import conformal
from pipeline.judging.regression.predictions import Interval, RegressionPredictions
from pipeline.judging.tasks import AnyPredictions
from pipeline.models.boosters.config import inner
from pipeline.step.performance import Rows
from pipeline.step.start import StepRun
from train_random_forest import cross_validation
from train_random_forest.cross_validation import OutOfFold


def import_ahead() -> None:
    """Import in a thread, while the model is fitted, what its export needs: seconds."""
    # requests says so too, but what a thread filters is lost when another stops to catch.
    warnings.filterwarnings("ignore", "SOCKS support in urllib3")
    Thread(target=import_module, args=("mlflow.sklearn",)).start()


def interval(run: StepRun, said: AnyPredictions, alpha: float | None) -> dict[str, Any] | None:
    """Return what is stored of the intervals around what a regressor predicts; None: no intervals.

    Args:
        run: is told where there are too few rows for one.
        said: predictions of rows that the model, or that of their fold, was not fitted on.
        alpha: share of new rows that may lie outside; None: no intervals.
    """
    if not isinstance(said, RegressionPredictions) or said.quantile is not None or alpha is None:
        return None
    half = conformal.half_width(said.truth - said.predicted, alpha)
    if half is None:
        run.note(
            f"no prediction intervals: {len(said.truth)} rows that validate are too few for "
            f"model.interval_alpha={alpha:g}, which needs {conformal.rows_needed(alpha)}"
        )
        return None
    run.log({"interval_half_width": half})
    return asdict(Interval(alpha, half, len(said.truth)))


def keep(
    run: StepRun,
    name: str,
    said: AnyPredictions,
    rows: Rows | None,
    places: Rows | None,
    judged: OutOfFold | None,
) -> None:
    """Make what was said of the rows that validate an output: models are compared on them.

    With folds their figures are recorded too.

    Args:
        run: of the step.
        name: of the artifact.
        said: predictions of (n,) rows.
        rows: their (n,) positions among those that training took; None: as `judged` says.
        places: the (m,) positions of these in the training table; None: it took all.
        judged: what was said by models of other folds, if it was.
    """
    if judged:
        cross_validation.record(run, judged)
    rows = judged.rows if judged else rows
    where = {"row": rows if places is None else places[rows]}
    where = {"fold": judged.folds, **where} if judged else where
    table = pa.Table.from_pandas(said.table().assign(**where))
    by = "models of other folds" if judged else "the model"
    description = f"Truth, and what {by} said, of the rows of the training table that validated"
    run.write_table(name, table, "validation_predictions", description)


def add_model(run: StepRun, name: str, folder: Path, fitted: Pipeline, target: str) -> None:
    """Make an exported model an output."""
    estimator = type(inner(fitted[-1])).__name__
    what = f"{estimator} that predicts {target}, with all its processing"
    run.add_artifact(name, folder, "model", what, {"estimator": estimator, "target": target})
