"""A stand-in for a transformer of a team's own package: one number over another."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin


class Ratio(TransformerMixin, BaseEstimator):
    """Gives the first column divided by the second, missing where that is none."""

    def __init__(self, name: str = "ratio") -> None:
        """Keep the name of what it makes."""
        self.name = name

    def fit(self, inputs: pd.DataFrame, truth: Any = None) -> "Ratio":
        """Note how many columns there are."""
        self.n_features_in_ = inputs.shape[1]
        return self

    def transform(self, inputs: pd.DataFrame) -> Any:
        """Return (rows, 1) numbers."""
        first, second = (inputs.iloc[:, column].to_numpy() for column in (0, 1))
        whole = np.where(second == 0, np.nan, second)
        return (first / whole).reshape(-1, 1)

    def get_feature_names_out(self, names: Any = None) -> Any:
        """Return the name."""
        return np.array([self.name], dtype=object)
