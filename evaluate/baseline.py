"""The dummy that a model has to beat: it knows the target of the training rows alone."""

from dataclasses import replace
from math import isfinite

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluate.comparison import SURE, compare
from evaluate.table import TableReader
from pipeline.config.evaluate import Gate
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.evaluation import Baseline, Label
from pipeline.judging.formatting import cell
from pipeline.judging.predictions import Predictions
from pipeline.judging.regression.predictions import numbers_of
from pipeline.judging.tasks import AnyPredictions, metric_of, task_of
from pipeline.step.start import StepRun
from pipeline.store.versions import Version

TABLES = (".csv", ".parquet")
PIECE = 2**16  # rows whose classes are counted at a time


def judge(
    said: AnyPredictions, trained: NDArray[np.generic], gate: Gate, how: Bootstrap
) -> Baseline:
    """Judge what a dummy says, and the model against it.

    It is scikit-learn's DummyClassifier(strategy="prior"), which always says the most frequent
    class, with the class shares as probabilities; of numbers DummyRegressor, which always says the
    mean, or the quantile if the model predicts one.

    Args:
        said: the model's predictions of (n,) rows.
        trained: (m,) the target of the rows that it was trained on.
        gate: the metric; for the calibration error, in which no model is better, the log loss.
            After one in which a guess can be better than the dummy it is also another (`guessed`
            of the task), in which none can.
        how: the resampling: the same rows for both.

    Returns:
        The comparison in the metric, or in the other if that alone is not better. low and high
        each hold with 95 % confidence; None where the metric is not defined.
    """
    always, dummy = _dummy(said, trained)
    task, asked = task_of(said), metric_of(said, gate.metric)
    metric = "log_loss" if asked == "ece" else asked
    also = [task.about.guessed[metric]] if metric in task.about.guessed else []
    compared = [
        compare(said, dummy, replace(gate, metric=name, margin=0.0), how)
        for name in (metric, *also)
    ]
    found = next((one for one in compared if not one["low"] > 0), compared[0])
    figures = task.metrics(dummy)
    model, own, low, high = (
        value if isfinite(value) else None
        for value in (found["candidate"], found["champion"], found["low"], found["high"])
    )
    return {"class": always,
            "metrics": {name: figures[name] for name in task.about.figures if name in figures},
            "metric": found["metric"], "model": model, "baseline": own, "low": low, "high": high,
            "beaten": low is not None and low > 0}  # fmt: skip


def _dummy(said: AnyPredictions, trained: NDArray[np.generic]) -> tuple[Label, AnyPredictions]:
    """Return what the dummy always says, and its predictions of the same rows."""
    rows = len(said.codes)
    if isinstance(said, Predictions):
        known, counts = pd.Index(said.classes), np.zeros(len(said.classes), np.int64)
        for begin in range(0, len(trained), PIECE):  # an index of texts copies them
            codes = known.get_indexer(trained[begin : begin + PIECE])
            counts += np.bincount(codes[codes >= 0], minlength=len(counts))
        shares = np.asarray(counts / counts.sum())
        return said.labels[int(shares.argmax())], said.saying(
            np.broadcast_to(shares, (rows, len(shares)))
        )
    numbers, level = numbers_of(trained), said.quantile
    always = float(numbers.mean() if level is None else np.quantile(numbers, level))
    return always, said.saying(np.full((rows, 1), always))


def not_beaten(found: Baseline) -> str | None:
    """Return a sentence on a model that is not surely better; None for one that is."""
    if found["beaten"]:
        return None
    dummy = f"a baseline that always says {cell(found['class'])}"
    if found["model"] is None or found["baseline"] is None:
        return f"{found['metric']} is not defined on these rows: the model beats not even {dummy}"
    return (
        f"{found['metric']} {found['model']:.4f} is not better than the {found['baseline']:.4f} of "
        f"{dummy}, with {SURE} % confidence"
    )


def trained_on(
    run: StepRun, model: Version, target: str, said: AnyPredictions
) -> NDArray[np.generic]:
    """Return the target of the rows that a model was trained on, (m,).

    If these are not kept any more, that of the rows that it is judged on: harder to beat.
    """
    for entry in model.inputs:
        trained = run.table_of(entry) if entry["name"].endswith(TABLES) else None
        if trained is not None and target in trained.schema.names:
            return TableReader(trained, target).truth()
    run.logger.warning("what %s was trained on is not kept: the baseline knows the target of the "
                       "test rows", model.reference)  # fmt: skip
    return said.classes[said.codes] if isinstance(said, Predictions) else said.truth
