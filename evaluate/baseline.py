"""The dummy that a model has to beat: it knows the class shares of the training rows alone."""

from dataclasses import replace
from math import isfinite

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluate.comparison import SURE, compare
from evaluate.table import TableReader
from pipeline.config.evaluate import Gate
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.evaluation import Baseline
from pipeline.judging.metrics import HEADLINE, classification_metrics
from pipeline.judging.predictions import Predictions
from pipeline.step.start import StepRun
from pipeline.store.versions import Version

TABLES = (".csv", ".parquet")
# In which to guess at random is better than to say one class: so the model must also be better in
# what is 0 for every guess that does not look at the row.
GUESSED = ("f1", "precision")


def judge(said: Predictions, shares: NDArray[np.float64], gate: Gate, how: Bootstrap) -> Baseline:
    """Judge what scikit-learn's DummyClassifier(strategy="prior") says, and the model against it.

    It always says the most frequent class, with the class shares as probabilities.

    Args:
        said: the model's predictions of (n,) rows.
        shares: (k,) of the classes among the training rows.
        gate: the metric; for the calibration error, in which no model is better, the log loss.
            After one of GUESSED it is also the Matthews correlation.
        how: the resampling: the same rows for both.

    Returns:
        The comparison in the metric, or in the other if that alone is not better. low and high
        each hold with 95 % confidence; None where the metric is not defined.
    """
    dummy = Predictions(said.codes, np.tile(shares, (len(said.codes), 1)), said.classes)
    metric = "log_loss" if gate.metric == "ece" else gate.metric
    compared = [
        compare(said, dummy.probabilities, replace(gate, metric=name, margin=0.0), how)
        for name in (metric, *(["mcc"] if metric in GUESSED else []))
    ]
    found = next((one for one in compared if not one["low"] > 0), compared[0])
    figures = classification_metrics(dummy)
    model, own, low, high = (
        value if isfinite(value) else None
        for value in (found["candidate"], found["champion"], found["low"], found["high"])
    )
    return {"class": said.labels[int(shares.argmax())],
            "metrics": {name: figures[name] for name in HEADLINE if name in figures},
            "metric": found["metric"], "model": model, "baseline": own, "low": low, "high": high,
            "beaten": low is not None and low > 0}  # fmt: skip


def not_beaten(found: Baseline) -> str | None:
    """Return a sentence on a model that is not surely better; None for one that is."""
    if found["beaten"]:
        return None
    dummy = f"a baseline that always says {found['class']}"
    if found["model"] is None or found["baseline"] is None:
        return f"{found['metric']} is not defined on these rows: the model beats not even {dummy}"
    return (
        f"{found['metric']} {found['model']:.4f} is not better than the {found['baseline']:.4f} of "
        f"{dummy}, with {SURE} % confidence"
    )


def shares(run: StepRun, model: Version, target: str, said: Predictions) -> NDArray[np.float64]:
    """Return the shares of the classes among the rows that a model was trained on, (k,).

    If these are not kept any more, the shares among the rows that it is judged on, which is harder
    to beat.
    """
    for entry in model.inputs:
        trained = run.table_of(entry) if entry["name"].endswith(TABLES) else None
        if trained is not None and target in trained.schema.names:
            codes = pd.Index(said.classes).get_indexer(TableReader(trained, target).truth())
            counts = np.bincount(codes[codes >= 0], minlength=len(said.classes))
            return np.asarray(counts / counts.sum())
    run.logger.warning("what %s was trained on is not kept: the baseline knows the class shares of "
                       "the test rows", model.reference)  # fmt: skip
    return said.support() / len(said.codes)
