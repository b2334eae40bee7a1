"""The folds of training rows on which probabilities are calibrated."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config.model import Model
from pipeline.errors import InputError
from pipeline.splits import folds
from pipeline.splits.division import Division
from pipeline.splits.keys import Rows

FOLDS = 5


def parts(
    table: pa.Table, how: Division, model: Model, rows: NDArray[np.integer]
) -> Sequence[Rows]:
    """Return what fits and what calibrates, of each fold: positions among the rows.

    The method is that of the split, so that no group is on both sides. By time only the last fold
    calibrates, a model of the rows before it: the earliest rows have no model to judge them.

    Args:
        table: with the columns of the division.
        how: the division of the validation rows.
        model: says whether there is anything to calibrate.
        rows: those that the model is fitted on.

    Raises:
        InputError: the rows cannot be divided into so many folds.
    """
    if model.calibrate is None:
        return ()
    try:
        found = folds.divide(table.take(rows), how, FOLDS)
    except InputError as error:
        raise InputError(
            f"model.calibrate={model.calibrate} needs {FOLDS} folds of the {len(rows):,} rows that "
            f"fit ({error}); or set model.calibrate=null"
        ) from error
    return found[-1:] if how.method == "time" else found
