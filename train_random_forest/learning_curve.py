"""What more rows would bring: the figures of models that were fitted on parts of a sample."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from pipeline import progress
from pipeline.config.evaluate import LOSSES
from pipeline.engines.engine import Engine
from pipeline.errors import InputError
from pipeline.judging.tasks import AnyPredictions, metric_of
from pipeline.splits.keys import Rows
from pipeline.step import performance
from pipeline.step.start import StepRun
from train_random_forest import fold_figures, train

Places = NDArray[np.integer]
PARTS = (8, 4, 2)  # the fits on an eighth, a fourth and a half cost as much as one on 7/8
Figures = dict[str, float]


@dataclass(frozen=True)
class Fits:
    """How a part of the rows is fitted and judged.

    Attributes:
        unfitted: the pipeline.
        frame: the sample.
        target: the column to predict.
        fitting: (n,) rows of the frame that the whole model is fitted on.
        judging: (m,) those that judge it.
        calibrating: returns the folds of some rows that calibrate what is fitted on them, if any.
        seed: of what is drawn.
    """

    unfitted: Pipeline
    frame: pd.DataFrame
    target: str
    fitting: Places
    judging: Places
    calibrating: Callable[[Places], Sequence[Rows]]
    seed: int

    def of_part(self, share: int, engine: Engine | None = None) -> tuple[int, AnyPredictions]:
        """Fit on one of `share` parts, nested ones; return its rows, and what the model says."""
        order = np.random.default_rng(self.seed).permutation(len(self.fitting))
        rows = self.fitting[np.sort(order[: len(order) // share])]
        aside = self.frame.iloc[self.judging]
        part = self.frame.iloc[rows]
        inner = self.calibrating(rows)
        fitted = train.fit(self.unfitted, part, self.target, aside, inner, engine)
        return len(rows), performance.predicted(fitted, aside, self.target)


def record(
    run: StepRun, fits: Fits, said: AnyPredictions, whole: Mapping[str, float] | None = None,
    all_rows: int = 0,
) -> None:  # fmt: skip
    """Record the figures of models of an eighth, a fourth, half and all of the rows that fit.

    Args:
        run: of the step; what more rows would bring is noted, so that the report says it.
        fits: how parts are fitted and judged.
        said: what the model of all these rows says.
        whole: its figures on the rows that judge; None: those of `said`.
        all_rows: that fitted it; 0: those of the sample.
    """
    points: list[Figures] = []
    counter = progress.Counter("parts", len(PARTS))
    for number, share in enumerate(PARTS, 1):
        try:
            rows, of_part = fits.of_part(share, run.engine)
        except InputError as error:
            run.note(f"no learning curve: with 1/{share} of the rows that fit: {error}")
            return
        points.append({"rows": rows, **fold_figures.headline(of_part)})
        counter.tell(number)
    counter.end()
    points.append({"rows": all_rows or len(fits.fitting), **(whole or fold_figures.headline(said))})
    run.log_table("learning_curve", list(points))
    run.log_series("rows", [
        {name if name == "rows" else f"learning/{name}": value for name, value in point.items()}
        for point in points
    ])  # fmt: skip
    run.note(sentence(points, metric_of(said, None), run.record.metrics))


def sentence(points: Sequence[Figures], metric: str, sizes: Mapping[str, float]) -> str:
    """Say what the fits on more and more rows have brought, and what the next would.

    Args:
        points: `rows` and the figures of each fit, the largest last.
        metric: the one that is told.
        sizes: sample/rows, sample/of_rows and, of a fit in partitions, partitions/rows.
    """
    sample, table = (f"{sizes[name]:,.0f}" for name in ("sample/rows", "sample/of_rows"))
    there = [point for point in points if metric in point]
    told = ", ".join(f"{point[metric]:.4f} ({point['rows']:,.0f})" for point in there)
    text = f"trained on a sample of {sample} of {table} rows (model.rows)"
    if all_rows := sizes.get("partitions/rows"):
        text = f"trained on {all_rows:,.0f} rows, and made ready and judged by {text[11:]}"
    if len(there) < 2:
        return text
    sign = -1 if metric in LOSSES else 1
    *earlier, last = (sign * point[metric] for point in there)
    more = "no more than fewer rows bring"
    if last > max(earlier):
        gain = f"{last - earlier[-1]:.4f}"
        more = f"the last doubling brought {gain}, the next rarely brings more"
        if all_rows:
            more = f"all rows bring {gain} over half of the sample"
    return f"{text}; {metric} of fits on more and more rows: {told}: {more}"
