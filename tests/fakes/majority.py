"""A stand-in for a classifier of a team's own package: it always says the most frequent class."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Majority(ClassifierMixin, BaseEstimator):
    """Gives the most frequent class the probability `share`, the others the rest."""

    def __init__(self, share: float = 0.9) -> None:
        """Keep the share."""
        self.share = share

    def fit(self, inputs: Any, truth: Any) -> "Majority":
        """Learn which class is the most frequent."""
        self.classes_, counts = np.unique(truth, return_counts=True)
        self.most_ = int(counts.argmax())
        return self

    def predict_proba(self, inputs: Any) -> Any:
        """Return the same probabilities for every row."""
        others = (1 - self.share) / max(len(self.classes_) - 1, 1)
        row = np.full(len(self.classes_), others)
        row[self.most_] = self.share
        return np.tile(row, (len(inputs), 1))

    def predict(self, inputs: Any) -> Any:
        """Return the most frequent class for every row."""
        return np.full(len(inputs), self.classes_[self.most_])
