"""Features that by themselves nearly tell the target."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.tables import numbers, row_digests

BINS = 64  # of a numeric feature
TELLING = 0.95  # of the errors of always saying the commonest class that one feature may avoid


def features(
    train: pa.Table, test: pa.Table, target: str, names: Sequence[str]
) -> Iterator[tuple[str, float]]:
    """Yield the features that nearly predict the target alone.

    A feature's value says the class that is the commonest among the train rows with that value.

    Args:
        train: rows to learn from.
        test: rows to be judged by.
        target: the column to predict.
        names: the features, columns of plain values.

    Yields:
        A feature's name and the share it avoids of the errors that always saying the commonest
        class makes in the test rows, if it is at least TELLING.
    """
    table, rows = pa.concat_tables([train, test]), len(train)
    classes = _numbered(table, target)
    commonest = np.bincount(classes[:rows]).argmax()
    wrong = float((classes[rows:] != commonest).mean())
    for name in names if wrong else ():
        values = _binned(table, name)
        votes = np.zeros((values.max() + 1, classes.max() + 1), np.int64)
        np.add.at(votes, (values[:rows], classes[:rows]), 1)
        guess = np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), commonest)
        avoided = 1 - float((guess[values[rows:]] != classes[rows:]).mean()) / wrong
        if avoided >= TELLING:
            yield name, avoided


def _numbered(table: pa.Table, name: str) -> NDArray[np.intp]:
    return np.unique(row_digests.of_column(table[name], name), return_inverse=True)[1]


def _binned(table: pa.Table, name: str) -> NDArray[np.intp]:
    """Number a column's values; those of a number with many are put into bins of equal size."""
    codes, kind = _numbered(table, name), table.schema.field(name).type
    if not (pt.is_integer(kind) or pt.is_floating(kind)) or codes.max() < BINS:
        return codes
    values = numbers.to_numpy(table[name])
    edges = np.nanquantile(values, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.where(np.isnan(values), BINS, np.searchsorted(edges, values, side="right"))
