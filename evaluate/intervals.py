"""Figures with their bootstrap intervals, and a sentence on those that are not defined."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config.evaluate import OfClasses, figures
from pipeline.judging import bootstrap
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.evaluation import Estimate, Label, bare
from pipeline.judging.predictions import Predictions
from pipeline.judging.regression.predictions import Interval
from pipeline.judging.tasks import AnyPredictions, Weighted, task_of
from pipeline.judging.weighted_metrics import AREAS, Figures
from pipeline.models import served_code

Bounds = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
FEW = 15  # rows of a class: below, intervals hold less often than they say
# Rows of the whole, or of a slice, below which the same is true; see benchmarks/coverage.py.
FEWEST = {"auc": 200, "log_loss": 300}
FEWEST_OF_OTHERS = 100
OF_A_CLASS = figures(OfClasses)  # a gate can ask for each, and for no others
ONE_CLASS = "not defined: all rows are of one class"
ECE = "predicted class, 15 bins of equal width; too high when rows are few"


def of_model(folder: Path) -> Interval | None:
    """Return the prediction intervals of an exported model; None if it has none."""
    stored = served_code.about(folder).get("interval")
    return Interval(**stored) if stored else None


def estimates(
    predictions: AnyPredictions,
    how: Bootstrap,
    values: dict[str, float] | None = None,
    within_classes: bool = True,
) -> tuple[dict[str, Estimate], list[dict[str, Estimate]]]:
    """Return the figures of the whole, and those of each class in the order of the classes.

    Args:
        predictions: of any rows.
        how: the resampling.
        values: metrics of the predictions, where they have been computed.
        within_classes: whether the split has fixed how many rows each class has; else a slice.
    """
    task = task_of(predictions)
    if values is None:
        values = task.metrics(predictions)
    some = bootstrap.some_rows(predictions, how.seed)
    weighted = task.weighted(some)
    (drawn,) = bootstrap.distributions(
        [weighted], how.resamples, how.seed, AREAS if within_classes else ["auc"], within_classes
    )
    support = predictions.support()
    sizes = some.support()
    bounds = _bounds(drawn, weighted, how, sizes[sizes > 0])
    if some is not predictions:
        bounds = _around(bounds, values, task.metrics(some), [*predictions.labels])
    if not isinstance(predictions, Predictions):
        names = [name for name in values if name in task.about.figures]
        lacking = {name: bare(None, note) for name, note in task.about.undefined.items()}
        found = {name: _of_whole(name, values, bounds, support) for name in names}
        return found | {n: lack for n, lack in lacking.items() if n not in found}, []
    whole = {name: _of_whole(name, values, bounds, support) for name in task.about.figures}
    return whole, _of_classes(predictions, values, bounds)


def _of_classes(
    predictions: Predictions, values: dict[str, float], bounds: Bounds
) -> list[dict[str, Estimate]]:
    support = predictions.support()
    position = {int(code): at for at, code in enumerate(np.flatnonzero(support))}
    predicted = np.bincount(predictions.predicted, minlength=len(support))
    each = []
    for code, label in enumerate(predictions.labels):
        rows, at = int(support[code]), position.get(code)
        of_class = {}
        for name in OF_A_CLASS:
            plain = _plain(f"class_{name}", values.get(f"{name}/{label}"), bounds, at)
            of_class[name] = _of_class(name, plain, rows, int(predicted[code]))
        each.append(of_class)
    return each


def _bounds(drawn: Figures, weighted: Weighted, how: Bootstrap, sizes: NDArray[np.int64]) -> Bounds:
    """Return the bounds of each figure; sizes has the rows of each class that is present."""
    bounds: Bounds = {}
    for name, values in drawn.items():
        if name.startswith("class_"):
            each = [how.interval(row, int(size)) for row, size in zip(values, sizes, strict=True)]
            low, high = np.array(each).T
            bounds[name] = low, high
        elif name != "gaps":
            bounds[name] = how.interval(values, int(sizes.sum()))
    if "gaps" not in drawn:
        return bounds
    gaps = weighted.figures(np.ones((int(sizes.sum()), 1)), areas=())["gaps"]
    low, high = map(np.asarray, how.calibration_interval(gaps, drawn["gaps"]))
    return bounds | {"ece": (low, high)}


def _around(
    bounds: Bounds, values: dict[str, float], own: dict[str, float], labels: list[Label]
) -> Bounds:
    """Return the bounds of a sample around the values of all rows, not around its own."""
    moved = {}
    for name, (low, high) in bounds.items():
        bare_name = name.removeprefix("class_")
        names = [f"{bare_name}/{label}" for label in labels] if name != bare_name else [name]
        by = np.array([values[n] - own[n] for n in names if n in own])
        by = by if name != bare_name else by.sum()
        moved[name] = (low, high) if name == "ece" else (low + by, high + by)
    return moved


def _plain(name: str, value: float | None, bounds: Bounds, at: int | None) -> Estimate:
    """Return a figure with its bounds, those of the class that stands `at` among the present."""
    if name not in bounds or at is None:
        return bare(value)
    low, high = bounds[name]
    return {"value": value, "low": float(low[at]), "high": float(high[at]), "note": None}


def _of_whole(
    name: str, values: dict[str, float], bounds: Bounds, support: NDArray[np.int64]
) -> Estimate:
    if name not in values:
        return bare(None, ONE_CLASS)
    if name not in bounds:  # of a slice: it is not asked for
        return bare(values[name])
    single = int((support == 1).sum())
    if support.sum() == single:
        return bare(values[name], "no interval: one row of each class")
    low, high = (float(bound) for bound in bounds[name])
    fewest = FEWEST.get(name, FEWEST_OF_OTHERS)
    plural = "class has" if single == 1 else "classes have"
    notes = [
        ECE if name == "ece" else "",
        f"{single} {plural} one single row: the true interval is wider" if single else "",
        f"interval too narrow: fewer than {fewest} rows" if support.sum() < fewest else "",
    ]
    note = "; ".join(filter(None, notes)) or None
    return _noted({"value": values[name], "low": low, "high": high, "note": note})


def _of_class(name: str, plain: Estimate, rows: int, predicted: int) -> Estimate:
    value = plain["value"]
    if rows == 0:
        return bare(None, "not defined: no rows of this class")
    if value is None:
        return bare(None, ONE_CLASS)
    if rows == 1:
        return bare(value, "no interval: one single row of this class")
    if name == "precision" and predicted == 0:
        return bare(value, "never predicted: counted as 0")
    few = f"{rows} rows of this class: the interval is rough" if rows < FEW else None
    return _noted({**plain, "note": few})


def _noted(estimate: Estimate) -> Estimate:
    """Return the figure with a note where its interval is one point, as of a recall of 1."""
    if estimate["note"] is None and estimate["low"] == estimate["high"] is not None:
        return {**estimate, "note": "all resamples agree: the true interval is wider"}
    return estimate
