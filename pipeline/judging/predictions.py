"""What a model says about some rows, beside the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import InputError
from pipeline.judging.evaluation import Label


@dataclass(frozen=True)
class Predictions:
    """The true classes of rows and the probabilities that a model gives them.

    Attributes:
        codes: (n,) true classes, positions in `classes`.
        probabilities: (n, k), columns in the order of `classes`, each row summing to 1.
        classes: (k,) the labels that the model knows.
    """

    codes: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    classes: NDArray[np.generic]

    @classmethod
    def of(
        cls, truth: ArrayLike, probabilities: NDArray[np.float64], classes: ArrayLike
    ) -> "Predictions":
        """Return predictions beside (n,) true labels; errors as class_codes."""
        known = np.asarray(classes)
        return cls(class_codes(truth, known), probabilities, known)

    @property
    def labels(self) -> list[Label]:
        """The classes as plain values: JSON knows no numpy numbers."""
        labels: list[Label] = self.classes.tolist()
        return labels

    @property
    def truth(self) -> NDArray[np.int64]:
        """The codes."""
        return self.codes

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The (n,) most probable classes, positions in `classes`."""
        predicted: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return predicted

    def part(self, rows: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Predictions":
        """Return the predictions of some rows: an (n,) mask, their positions, or a slice."""
        return Predictions(self.codes[rows], self.probabilities[rows], self.classes)

    def saying(self, said: NDArray[np.float64]) -> "Predictions":
        """Return what another model says of the same rows, as (n, k) probabilities."""
        return replace(self, probabilities=said)

    def table(self) -> pd.DataFrame:
        """Return a row for each, in their order: truth, prediction, probability_<class>."""
        columns = {
            f"probability_{label}": self.probabilities[:, i] for i, label in enumerate(self.labels)
        }
        labels = {"truth": self.classes[self.codes], "prediction": self.classes[self.predicted]}
        return pd.DataFrame(labels | columns)

    def support(self) -> NDArray[np.int64]:
        """Return how many rows each class has, (k,)."""
        return np.bincount(self.codes, minlength=len(self.classes))

    def confusion(self) -> list[list[int]]:
        """Return (k, k) counts: a row for each true class, a column for each predicted one."""
        size = len(self.classes)
        counts = np.bincount(self.codes * size + self.predicted, minlength=size * size)
        confusion: list[list[int]] = counts.reshape(size, size).tolist()
        return confusion


def class_codes(truth: ArrayLike, classes: Iterable[object]) -> NDArray[np.int64]:
    """Return each label's position in `classes`, as (n,) integers.

    Raises:
        InputError: there are no labels, or some are not in `classes`; names them and their counts.
    """
    labels = pd.Index(np.asarray(truth))
    if labels.empty:
        raise InputError("the table has no rows: there is nothing to evaluate; give it some")
    codes = pd.Index(np.asarray(classes)).get_indexer(labels)
    unknown = labels[codes < 0].value_counts(dropna=False)
    if len(unknown):
        named = ", ".join(f"{label!r} ({count} rows)" for label, count in unknown.items())
        known = ", ".join(map(str, classes))
        raise InputError(
            f"classes that the model was not trained on: {named}; it knows {known}; "
            "remove these rows or train on a table that holds such rows"
        )
    return np.asarray(codes, dtype=np.int64)


def in_order(
    probabilities: NDArray[np.float64], classes: Sequence[Label], wanted: Sequence[Label]
) -> NDArray[np.float64] | None:
    """Return (n, k) probabilities of `classes` in another order; None if the classes differ."""
    known = list(classes)
    if set(known) != set(wanted):
        return None
    return probabilities[:, [known.index(label) for label in wanted]]
