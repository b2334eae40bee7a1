"""Divide a table into a train and a test table."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.splits import Division, divide


class Split(NamedTuple):
    """The train and the test table, and which rows of the divided table they are."""

    train: pa.Table
    test: pa.Table
    rows: tuple[np.ndarray, np.ndarray]


def split(table: pa.Table, how: Division) -> Split:
    """Divide the rows.

    Args:
        table: the table to divide.
        how: the method, its options and the share of the test table.

    Returns:
        The two tables. With the stratified and the random method these are the rows of
        scikit-learn's ``train_test_split`` with the same random_state, in its order.

    Raises:
        InputError: as pipeline.splits.divide.
    """
    rows = divide(table, how)
    train, test = (table.take(pa.array(part)) for part in rows)
    return Split(train, test, rows)
