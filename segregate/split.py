"""Divide a table into a train and a test table."""

import pyarrow as pa

from pipeline import splits


def split(
    table: pa.Table, test_size: float, random_state: int, stratify: str | None = None
) -> tuple[pa.Table, pa.Table]:
    """Divide the rows as scikit-learn's ``train_test_split`` does with the same random_state.

    Args:
        table: the table to divide.
        test_size: share of the rows that go to the test table, in (0, 1).
        random_state: seed of the shuffle.
        stratify: column whose classes keep their shares on both sides; None for none.

    Returns:
        The train and the test table, rows in scikit-learn's order.

    Raises:
        InputError: an unknown column, a missing value in it, a bad size, a class too small.
    """
    classes = splits.classes_of(table, stratify)
    train, test = splits.split(table.num_rows, test_size, random_state, classes)
    return table.take(pa.array(train)), table.take(pa.array(test))
