"""Classes that cannot be on both sides of a division: the few rows that they have are to fit."""

import numpy as np
from numpy.typing import NDArray

from pipeline.splits.keys import Classes

MOST = 0.1  # of the rows; where more are alone, the column is none of classes


def rows_to_fit(
    classes: Classes | None, units: NDArray[np.integer] | None
) -> NDArray[np.bool_] | None:
    """Say which rows stay on the first side because their class has nothing for the second.

    Args:
        classes: of the (rows,) rows; None without.
        units: (rows,) what is divided, such as the group of each row; None: each row by itself.

    Returns:
        (rows,) those of a class of one row, or of one group with all its rows. None if there are
        none, or so many that to set them apart would be another division than was asked for.
    """
    if classes is None or not len(classes.codes):
        return None
    codes = classes.codes
    if units is None:
        alone = np.bincount(codes)[codes] < 2
    else:
        alone = _of_single_groups(codes, np.unique(units, return_inverse=True)[1])
    return alone if 0 < alone.sum() <= MOST * len(codes) else None


def _of_single_groups(codes: NDArray[np.integer], groups: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say which rows are in a group that is the only one of a class that is left, (rows,).

    To set a group apart may leave another class with one group: that one goes with it.
    """
    pairs = np.unique(np.stack([codes.astype(np.intp), groups]), axis=1)
    apart = np.zeros(groups.max() + 1, bool)
    while True:
        left = pairs[:, ~apart[pairs[1]]]
        single = np.bincount(left[0], minlength=1)[left[0]] < 2
        if not single.any():
            alone: NDArray[np.bool_] = apart[groups]
            return alone
        apart[left[1][single]] = True
