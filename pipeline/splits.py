"""Dividing rows into two parts: train and test, then train and validation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.errors import InputError


def classes_of(table: pa.Table, column: str | None) -> list[Any] | None:
    """Return the class of each row of a table; None for no column.

    Raises:
        InputError: an unknown column, or one with missing values.
    """
    if column is None:
        return None
    if column not in table.column_names:
        raise InputError(
            f"stratify: the table has no column {column!r}; it has {', '.join(table.column_names)}"
        )
    if missing := table[column].null_count:
        raise InputError(
            f"stratify: {missing:,} rows have no {column!r}; fill or drop them in preprocess, or "
            "set stratify=null"
        )
    values: list[Any] = table[column].to_pylist()
    return values


def split(
    rows: int,
    test_size: float,
    random_state: int,
    classes: Sequence[Any] | None = None,
    size_name: str = "test_size",
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the rows of the two parts as scikit-learn's ``train_test_split`` does.

    Args:
        rows: number of rows of the table.
        test_size: share of the rows that go to the second part, in (0, 1).
        random_state: seed.
        classes: the class of each row, to keep its share in both parts; None: rows are drawn
            whatever their class.
        size_name: what the caller's user calls the size.

    Returns:
        The row numbers of the first and of the second part, shuffled.

    Raises:
        InputError: a size outside (0, 1), too few rows, a class that cannot be on both sides, a
            missing class. Names class and count.
    """
    if not 0 < test_size < 1:
        raise InputError(f"{size_name} must be greater than 0 and less than 1, got {test_size}")
    from sklearn.model_selection import train_test_split  # seconds: not before it is needed

    codes = None if classes is None else _checked_codes(np.asarray(classes), test_size, size_name)
    try:
        first, second = train_test_split(
            np.arange(rows), test_size=test_size, random_state=random_state, stratify=codes
        )
    except ValueError as error:
        raise InputError(
            f"cannot split {rows:,} rows with {size_name} {test_size}: {error}"
        ) from None
    return first, second


def _checked_codes(classes: np.ndarray, test_size: float, size_name: str) -> np.ndarray:
    """Number the classes in their order: the same draw as from the values, and cheaper."""
    try:
        values, codes, counts = np.unique(classes, return_inverse=True, return_counts=True)
    except TypeError as error:
        raise InputError(f"cannot stratify: {error}; choose a column of plain values") from None
    rows = len(classes)
    small = [f"{v!s} ({n} row)" for v, n in zip(values, counts, strict=True) if n < 2]
    if small:
        raise InputError(
            f"cannot stratify: too few rows of {', '.join(small[:10])}; each class needs 2 or "
            "more: drop or merge it, or set stratify=null"
        )
    second = np.ceil(rows * test_size)
    if min(second, rows - second) < len(values):
        raise InputError(
            f"cannot stratify: {size_name} {test_size} of {rows:,} rows leaves "
            f"{min(second, rows - second):.0f} rows on one side, fewer than the {len(values)} "
            f"classes; change {size_name} or set stratify=null"
        )
    return codes
