"""Divide a table into a train and a test table."""

import pyarrow as pa

from pipeline.splits import Division, divide


def split(table: pa.Table, how: Division) -> tuple[pa.Table, pa.Table]:
    """Divide the rows.

    Args:
        table: the table to divide.
        how: the method, its options and the share of the test table.

    Returns:
        The train and the test table. With the stratified and the random method these are the rows
        of scikit-learn's ``train_test_split`` with the same random_state, in its order.

    Raises:
        InputError: as pipeline.splits.divide.
    """
    train, test = divide(table, how)
    return table.take(pa.array(train)), table.take(pa.array(test))
