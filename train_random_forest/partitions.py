"""XGBoost, fitted on all rows of the training table, however many, in partitions.

A sample of them (model.rows) fits what prepares the inputs, judges, and stops the fit early.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from pipeline.engines.each import Each, here
from pipeline.engines.engine import Engine
from pipeline.errors import InputError
from pipeline.models.features import features_of
from pipeline.models.rules import categories
from pipeline.splits import division
from pipeline.splits.division import Division
from pipeline.splits.keys import Rows
from pipeline.step.start import StepRun
from pipeline.tables import numbers
from pipeline.tables.table_files import Source
from train_random_forest import sample, train
from train_random_forest.sample import Places

KEY = "model.partitions"


def of_table(run: StepRun, source: Source, how: Division, number: int | None) -> "AllRows | None":
    """Return the rows of a table as partitions, and say and record how many; None: as not asked.

    Raises:
        InputError: as AllRows.
    """
    if number is None:
        return None
    rows = AllRows(source, how, number, run.engine.each)
    size = len(rows.fitting)
    run.logger.info("all %s rows that fit go to %s partitions (%s)", f"{size:,}", number, KEY)
    run.log({"partitions/rows": size})
    return rows


class AllRows:
    """The rows of a table that fit a model, all of them, as partitions.

    Args:
        source: the table.
        how: the division of the validation rows, which is made of the whole table.
        number: of partitions.
        each: works out by what a row is divided.

    Attributes:
        fitting: (n,) places of the rows that fit, ascending.

    Raises:
        InputError: as division.assign; or there are fewer rows than partitions.
    """

    def __init__(self, source: Source, how: Division, number: int, each: Each = here) -> None:
        self._source, self._number = source, number
        keys = division.keys_of(source.schema.names, source.pieces, how, each)
        self.fitting, self._judging = map(np.sort, division.assign(keys, how))
        if (rows := len(self.fitting)) < number:
            raise InputError(f"{KEY}={number}: only {rows:,} rows fit the model; give fewer")

    def of_sample(self, places: Places | None, rows: int) -> Rows:
        """Return which rows of a sample fit and which judge: their positions in it.

        Args:
            places: (n,) of the sample's rows in the table; None: it is the table.
            rows: the sample's number of them.

        Raises:
            InputError: none of one of both.
        """
        places = np.arange(rows) if places is None else places
        fitting, judging = (np.flatnonzero(np.isin(places, part, assume_unique=True))
                            for part in (self.fitting, self._judging))  # fmt: skip
        if not (len(fitting) and len(judging)):
            raise InputError(
                f"model.rows={rows}: the sample has {len(fitting):,} rows that fit and "
                f"{len(judging):,} that judge; give more rows"
            )
        return fitting, judging

    def fit(
        self, pipeline: Pipeline, sample: pd.DataFrame, target: str, aside: pd.DataFrame,
        engine: Engine,
    ) -> Pipeline:  # fmt: skip
        """Return a fitted copy of a pipeline.

        Args:
            pipeline: of an estimator of XGBoost.
            sample: rows that fit what prepares the inputs.
            aside: rows that end the fit, if it stops early.
            target: the column to predict.
            engine: whose workers hold the partitions.

        Raises:
            InputError: as train.fit; or a class of the table is not in the sample.
        """
        # A plain run pays nothing for it.
        from train_random_forest.partition_fit import PartitionFit

        fitted, features = clone(pipeline), features_of(pipeline)
        inputs, truth = train.suitable(pipeline, sample, target)
        estimator = fitted[-1]
        with train.refusals(estimator):
            fitted[0].fit(inputs, truth)
            if categories.are_named(estimator):
                categories.place(fitted)
            estimator.learned(truth, estimator.given()[0])
            ending = train.ends_fit(fitted, aside, target)
            stops = estimator.aside(ending) if ending else None
            job = PartitionFit(self._number, fitted[0], features, estimator, target, stops)
            estimator.keep(*engine.together(job, self._pieces_of(job.columns())))
        train.forget_machine(estimator)
        return fitted

    def _pieces_of(self, columns: Sequence[str]) -> Callable[[], Iterator[tuple[int, pa.Table]]]:
        """Return what yields the rows that fit, one for each partition in turn."""

        def pieces() -> Iterator[tuple[int, pa.Table]]:
            before = 0
            for piece, rows in sample.by_piece(self._source, self.fitting, columns):
                for partition in range(self._number):
                    own = rows[(partition - before) % self._number :: self._number]
                    if len(own):
                        yield partition, self._source.encoded(piece.take(numbers.to_arrow(own)))
                before += len(rows)

        return pieces
