"""Cross-validation: every fold is judged by a model that was fitted on rows of others."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone, is_regressor
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from pipeline import progress
from pipeline.config.model import Model
from pipeline.errors import InputError
from pipeline.judging.predictions import Predictions
from pipeline.judging.regression.predictions import RegressionPredictions, quantile_of
from pipeline.judging.tasks import AnyPredictions, metric_of
from pipeline.models import export, features
from pipeline.splits.keys import Rows
from pipeline.step import forks
from pipeline.step.start import StepRun
from train_random_forest import train
from train_random_forest.fold_figures import Figures, headline, hopeless, metrics

Calibrating = Callable[[NDArray[np.integer]], Sequence[Rows]]


@dataclass(frozen=True)
class OutOfFold:
    """What the models of folds say of rows that they were not fitted on.

    Attributes:
        predictions: of the rows, in the order of the training table.
        rows: (n,) their positions in it.
        folds: (n,) the number of each row's fold, from 1 on.
        figures: of each fold.
    """

    predictions: AnyPredictions
    rows: NDArray[np.integer]
    folds: NDArray[np.integer]
    figures: list[Figures]


def judge(
    run: StepRun, unfitted: Pipeline, frame: pd.DataFrame, target: str, parts: Sequence[Rows],
    model: Model, calibrating: Calibrating = lambda _: (),
) -> OutOfFold | None:  # fmt: skip
    """Fit and judge a model for each fold.

    Args:
        run: what is told of each fold, and how many may be fitted side by side.
        unfitted: the pipeline; it stays as it is.
        frame: the training table.
        target: the column with the true class.
        parts: of each fold, positions of the rows that fit and that judge.
        model: says when the folds that are left are not worth their time.
        calibrating: returns the folds of some rows that calibrate what is fitted on them, if any.

    Returns:
        None if it stopped before the last: then its figures are recorded, and the run is told.

    Raises:
        InputError: as train.fit, with the number of the fold.
    """
    said: list[AnyPredictions] = []
    figures: list[Figures] = []
    counter = progress.Counter("folds", len(parts))
    with closing(predictions(unfitted, frame, target, parts, run.workers, calibrating)) as judged:
        for fold, (fitting, _) in zip(judged, parts, strict=True):
            said.append(fold)
            figures.append(headline(fold))
            _tell(run, figures, (len(fitting), len(fold.codes)), len(parts))
            counter.tell(len(said))
            metric = metric_of(fold, model.stop_metric)
            if reason := hopeless(figures, metric, model.stop_below):
                run.log(metrics(figures))
                run.stop(f"stopped after fold {len(said)} of {len(parts)}: {reason}")
                return None
    counter.end()
    if said[0].labels:
        _note_unseen(run, frame[target], parts)
    return joined(said, [judging for _, judging in parts], figures)


def predictions(
    unfitted: Pipeline, frame: pd.DataFrame, target: str, parts: Sequence[Rows], workers: int,
    calibrating: Calibrating = lambda _: (),
) -> Generator[AnyPredictions]:  # fmt: skip
    """Yield what the model of each fold says of the fold's rows.

    A class that no row has which it was fitted on has probability 0. The workers share the cores,
    of which each has one or more; their number changes no bit, because BLAS, whose sums depend on
    its threads, has one whatever it is.
    """
    truth = features.labels(frame, target)
    quantity = is_regressor(unfitted)
    classes = np.unique(truth) if not quantity else np.zeros(1)
    workers = min(workers, len(parts), joblib.cpu_count())
    cores, threads, own = joblib.cpu_count() // workers, {"blas": 1}, clone(unfitted)
    if workers > 1:
        threads["openmp"] = cores
        if "n_jobs" in own[-1].get_params():
            own[-1].set_params(n_jobs=cores)

    def of_fold(number: int) -> NDArray[np.float64]:
        fitting, judging = parts[number]
        try:
            with threadpool_limits(threads):
                fitted = train.fit(own, frame.iloc[fitting], target, parts=calibrating(fitting))
                said = export.predict(fitted, frame.iloc[judging])[0]
        except InputError as error:
            raise InputError(f"fold {number + 1} of {len(parts)}: {error}") from error
        if quantity:
            return said
        probabilities = np.zeros((len(judging), len(classes)))
        probabilities[:, np.searchsorted(classes, fitted.classes_)] = said
        return probabilities

    with closing(forks.in_order(of_fold, len(parts), workers)) as answers:
        for (_, judging), said in zip(parts, answers, strict=True):
            if quantity:
                yield RegressionPredictions.of(truth[judging], said, quantile_of(unfitted[-1]))
            else:
                yield Predictions.of(truth[judging], said, classes)


def record(run: StepRun, judged: OutOfFold) -> None:
    """Record the figures of all folds."""
    run.log(metrics(judged.figures))
    run.log_table("folds", [{"fold": k, **fold} for k, fold in enumerate(judged.figures, 1)])


def _tell(run: StepRun, figures: Sequence[Figures], rows: tuple[int, int], number: int) -> None:
    summary = ", ".join(f"{name} {value:.5f}" for name, value in figures[-1].items())
    fitted, judged = (f"{count:,}" for count in rows)
    what = f"fold {len(figures)} of {number}"
    run.logger.info("%s: %s rows fitted, %s judged: %s", what, fitted, judged, summary)


def _note_unseen(run: StepRun, truth: pd.Series, parts: Sequence[Rows]) -> None:
    """Note the classes that a fold has and its model never saw."""
    for number, (fitting, judging) in enumerate(parts, 1):
        counts = truth.iloc[judging].value_counts(sort=False)
        if unseen := sorted(set(counts.index) - set(truth.iloc[fitting])):
            rows = int(counts[unseen].sum())
            run.note(
                f"fold {number} was fitted without {', '.join(map(str, unseen))}, which {rows:,} "
                "of the rows that judge it are: they count as wrong"
            )


def joined(
    said: Sequence[AnyPredictions], judging: Sequence[NDArray[np.integer]], figures: list[Figures]
) -> OutOfFold:
    """Return what was said of each fold in the order of the table; `judging` are their rows."""
    rows = np.concatenate(judging)
    order = np.argsort(rows)
    folds = np.repeat(np.arange(1, len(judging) + 1), [len(part) for part in judging])
    first = said[0]
    names = ("codes", "probabilities") if isinstance(first, Predictions) else ("truth", "predicted")
    truth, answers = (
        np.concatenate([getattr(fold, name) for fold in said])[order] for name in names
    )
    if isinstance(first, Predictions):
        whole: AnyPredictions = replace(first, codes=truth, probabilities=answers)
    else:
        whole = replace(first, truth=truth, predicted=answers)
    return OutOfFold(whole, rows[order], folds[order], figures)
