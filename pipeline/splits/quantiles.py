"""Bins for a column of quantities: as many rows in each, from the least to the largest values."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.splits.keys import Classes, Keys
from pipeline.tables.column_kinds import is_quantity

MOST_BINS = 10
ROWS_OF_A_BIN = 10  # of all rows, at least
ROWS_OF_A_SIDE = 2  # of the smaller side, at least


def binned(keys: Keys, smaller: int) -> Keys:
    """Return keys whose classes are bins, if the numbers of their column are no classes.

    They are none if they are quantities (is_quantity). Rows with the same value are in the same
    bin, so that bins may be unequal where values are frequent. It depends on the values only: equal
    rows in equal order, equal bins.

    Args:
        keys: of the rows.
        smaller: how many rows the smaller side has.
    """
    classes = keys.classes
    if classes is None or classes.numbers is None or not len(classes.codes):
        return keys
    counts = np.bincount(classes.codes, minlength=len(classes.names))
    fractions = bool((classes.numbers % 1 != 0).any())
    if not is_quantity(len(counts), keys.rows, fractions):
        return keys
    number = min(MOST_BINS, keys.rows // ROWS_OF_A_BIN, smaller // ROWS_OF_A_SIDE)
    return replace(keys, classes=_bins(classes, classes.numbers, counts, number))


def _bins(
    classes: Classes, numbers: NDArray[np.float64], counts: NDArray[np.intp], number: int
) -> Classes | None:
    """Return the bins; None if there are too few rows for two of them."""
    if number < 2:
        return None
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(counts[order])
    middles = ends - counts[order] / 2
    bins = np.minimum(middles * number // ends[-1], number - 1).astype(np.int64)
    there, place = np.unique(bins, return_inverse=True)
    names = []
    for at in range(len(there)):
        inside = numbers[order][place == at]
        names.append(f"{at + 1:02}: {inside.min():g} to {inside.max():g}")
    of_value = np.empty(len(numbers), np.uint16)
    of_value[order] = place
    return Classes(names, of_value[classes.codes])
