"""How sure the figures of a sweep's jobs are, and which of them differ from the best by chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.comparison.judged import opened, predictions_of
from pipeline.errors import InputError
from pipeline.judging.bootstrap import Bootstrap, distributions
from pipeline.judging.tasks import AnyPredictions, task_of
from pipeline.sweep.choice import FOLDS, best
from pipeline.sweep.job import Ended

KIND = "validation_predictions"  # type of the artifact that holds them
BEST, CHANCE, SURE, OTHER_ROWS = "best", "may be chance", "beyond chance", "other rows"
HOW = Bootstrap()
Figure = NDArray[np.float64]  # of each resample


@dataclass(frozen=True)
class Verdict:
    """What is known of a job's figure beside the number.

    Attributes:
        bounds: of it; None: there are none.
        against_best: whether its distance from the best job's may be chance.
    """

    bounds: tuple[float, float] | None
    against_best: str


@dataclass(frozen=True)
class _Judged:
    table: str  # digest of the training table
    rows: NDArray[np.int64]  # of it, that validated
    predictions: AnyPredictions


def verdicts(jobs: Sequence[Ended], metric: str, location: str) -> dict[int, Verdict]:
    """Return by its number what is known of each job that has kept its predictions.

    The rows that validated are drawn again, the same ones for all jobs that were judged on them,
    as pipeline/judging/bootstrap.py says. That the best one was chosen among many, which makes its
    figure too good, is in no interval.

    Args:
        jobs: of a sweep.
        metric: by which they are compared; of a mean over folds the rows of all folds count at
            once, and it has no bounds.
        location: of the artifact store.
    """
    first, name = best(jobs, metric), metric.removeprefix(FOLDS)
    if first is None:
        return {}
    judged = {job.asked.number: _read(job.record, location) for job in jobs if not job.error}
    found: dict[int, Verdict] = {}
    for group in _groups({number: one for number, one in judged.items() if one}):
        models = [task_of(said).weighted(said) for said in group.values()]
        drawn = distributions(models, HOW.resamples, HOW.seed, areas=[name])
        if name not in drawn[0]:
            return {}
        rows = len(models[0].codes)
        figures = dict(zip(group, (figures[name] for figures in drawn), strict=True))
        reference = figures.get(first.asked.number)
        for number, figure in figures.items():
            low, high = map(float, HOW.interval(figure, rows))
            against = _against(figure, reference, rows)
            found[number] = Verdict(None if metric.startswith(FOLDS) else (low, high), against)
    return found


def _against(figure: Figure, reference: Figure | None, rows: int) -> str:
    if reference is None or figure is reference:
        return OTHER_ROWS if reference is None else BEST
    low, high = map(float, HOW.interval(figure - reference, rows))
    return CHANCE if low <= 0 <= high else SURE


def _groups(judged: Mapping[int, _Judged]) -> list[dict[int, AnyPredictions]]:
    """Return the predictions of jobs that were judged on the same rows, together."""
    groups: dict[tuple[object, ...], dict[int, AnyPredictions]] = {}
    for number, one in judged.items():
        key = (one.table, one.rows.tobytes(), *one.predictions.labels)
        groups.setdefault(key, {})[number] = one.predictions
    return list(groups.values())


def _read(record: Mapping[str, Any], location: str) -> _Judged | None:
    """Return what a job's model says of the rows that validated; None if it is not there."""
    made = next((a for a in record.get("outputs", ()) if a["type"] == KIND), None)
    if made is None:
        return None
    try:
        with opened((made, record["catalog"]), location) as table:
            frame = table.read().to_pandas()
    except InputError:  # deleted since: the figure itself is in the record
        return None
    digest = record["inputs"][0]["digest"]
    return _Judged(digest, frame["row"].to_numpy(np.int64), predictions_of(frame))
