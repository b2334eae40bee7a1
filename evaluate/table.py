"""The test table, read in pieces: of the rows only what judging needs is held in memory."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from pipeline.engines.each import Each, here
from pipeline.judging.permuting.draws import Draws
from pipeline.judging.predictions import class_codes, with_new
from pipeline.judging.slices import check_columns
from pipeline.judging.tasks import AnyPredictions, is_regression, predictions_of
from pipeline.models import export, features
from pipeline.tables import row_digests
from pipeline.tables.table_files import Source

NO_ROWS = np.array([], np.int64)


class TableReader:
    """Reads the test table.

    Args:
        source: the table.
        target: the column with the truth.
        each: who asks models about its pieces.

    Attributes:
        names: of all its columns.
    """

    def __init__(self, source: Source, target: str, each: Each = here) -> None:
        self.names: list[str] = source.schema.names
        self.target = target
        self._source, self._each = source, each

    def columns(self, names: Sequence[str]) -> pd.DataFrame:
        """Return some columns whole, to make slices of.

        Raises:
            InputError: the table lacks one of them.
        """
        if not names:
            return pd.DataFrame()
        check_columns(names, self.names)
        return self._frame(self._source.pieces(list(dict.fromkeys(names))))

    def truth(self) -> NDArray[np.generic]:
        """Return the true value of each row, (n,); InputError where the target is missing."""
        if self.target not in self.names:
            features.labels(pd.DataFrame(columns=self.names), self.target)  # refuses them
        pieces = map(row_digests.encoded, self._source.pieces([self.target]))  # each text once
        frame = pa.concat_tables(pieces).unify_dictionaries().to_pandas()
        return features.labels(frame, self.target)

    def predictions(
        self, model: Pipeline, draws: Draws | None = None
    ) -> tuple[AnyPredictions, pd.DataFrame]:
        """Return what a model says of all rows, and the rows of draws.all_rows with its features.

        Raises:
            InputError: a column is missing or unfit, or the model knows none of the true classes.
        """
        truth = self.truth()
        codes = (
            np.zeros(len(truth), np.int64)
            if is_regression(model)
            else class_codes(truth, with_new(truth, model.classes_))
        )
        sampled = draws.all_rows(codes) if draws else NO_ROWS
        said, sample = self.said(model, len(codes), sampled)
        return predictions_of(model, truth, said), sample

    def said(
        self, model: Pipeline, rows: int, sampled: NDArray[np.int64] = NO_ROWS
    ) -> tuple[NDArray[np.float64], pd.DataFrame]:
        """Return a model's (rows, k) probabilities, and the sampled rows (ascending) as a frame.

        Of a regressor they are (rows, 1) numbers.
        """
        said = np.empty((rows, 1 if is_regression(model) else len(model.classes_)))
        kept: list[pa.Table] = []

        def pieces() -> Iterator[pa.Table]:
            begin = 0
            for piece in self._source.pieces(self._features(model)):
                first, last = np.searchsorted(sampled, [begin, begin + len(piece)])
                kept.append(piece.take(pa.array(sampled[first:last] - begin)))
                begin += len(piece)
                if len(piece):
                    yield piece

        begin = 0
        for answers in self._each(_said, pieces(), model, self._source):
            said[begin : begin + len(answers)] = answers
            begin += len(answers)
        return said, self._frame(kept)

    def digests(self, columns: Sequence[str]) -> NDArray[np.uint64]:
        """Return a number for the values of each row in some columns; see row_digests."""
        return digests(self._source, columns)

    def _features(self, model: Pipeline) -> list[str]:
        wanted = features.features_of(model)
        names = [name for group in features.feature_groups(wanted) for name in group]
        if not set(names) <= set(self.names):
            features.model_input(pd.DataFrame(columns=self.names), wanted)  # names what is missing
        return names

    def _frame(self, pieces: Iterator[pa.Table] | list[pa.Table]) -> pd.DataFrame:
        frame: pd.DataFrame = self._source.encoded(pa.concat_tables(pieces)).to_pandas()
        return frame


def _said(piece: pa.Table, model: Pipeline, source: Source) -> NDArray[np.float64]:
    return export.predict(model, source.encoded(piece).to_pandas())[0]


def digests(source: Source, columns: Sequence[str]) -> NDArray[np.uint64]:
    """Return a number for the values of each row of a table in some columns, (n,)."""
    return np.concatenate([row_digests.of_rows(piece, columns) for piece in source.pieces(columns)])
