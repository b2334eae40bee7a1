"""The figures of folds: their mean and spread, and whether more of them are worth their time."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.config.evaluate import LOSSES, TASKS
from pipeline.judging.tasks import AnyPredictions, task_of

Figures = Mapping[str, float]


def headline(fold: AnyPredictions) -> Figures:
    """Return the metrics of the whole of a fold's rows."""
    task = task_of(fold)
    values = task.metrics(fold)
    return {name: values[name] for name in values if name in task.about.figures}


def metrics(figures: Sequence[Figures]) -> dict[str, float]:
    """Return what is recorded of the figures of folds.

    Returns:
        cv_folds_done; cv_f1, the mean over the folds that have the figure (a fold of one class has
        no auc); cv_f1_std, their sample standard deviation, from two folds on; cv_f1_fold_1, ...
        each; the same for the other metrics.
    """
    names = [n for task in TASKS.values() for n in task.figures]
    found = {name: [fold[name] for fold in figures if name in fold] for name in names}
    result: dict[str, float] = {"cv_folds_done": len(figures)}
    result |= {f"cv_{name}": float(np.mean(values)) for name, values in found.items() if values}
    result |= {
        f"cv_{name}_std": float(np.std(values, ddof=1))
        for name, values in found.items()
        if len(values) > 1
    }
    for number, fold in enumerate(figures, 1):
        result |= {f"cv_{name}_fold_{number}": value for name, value in fold.items()}
    return result


def hopeless(figures: Sequence[Figures], metric: str, bounds: Sequence[float]) -> str | None:
    """Say why no further fold is worth its time; None if one is.

    Args:
        figures: of the folds so far.
        metric: whose mean counts.
        bounds: the worst mean that is let go on after the first fold, after the second, ...
    """
    mean = metrics(figures).get(f"cv_{metric}")
    if len(figures) > len(bounds) or mean is None:
        return None
    bound, loss = bounds[len(figures) - 1], metric in LOSSES
    if mean <= bound if loss else mean >= bound:
        return None
    return f"{metric} {mean:.4g} on average is {'above' if loss else 'below'} {bound:g}"
