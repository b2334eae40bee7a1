"""Lay out what an exported pipeline says about rows that it has not seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def predictions_table(
    truth: NDArray[Any],
    predicted: NDArray[Any],
    probabilities: NDArray[np.float64],
    classes: Sequence[Any],
) -> pd.DataFrame:
    """Return one row per test row, in their order: truth, prediction, probability_<class>.

    Args:
        truth: (n,) labels.
        predicted: (n,) labels.
        probabilities: (n, k), columns in the order of `classes`.
        classes: the k labels.
    """
    columns = {f"probability_{label}": probabilities[:, i] for i, label in enumerate(classes)}
    return pd.DataFrame({"truth": truth, "prediction": predicted, **columns})
