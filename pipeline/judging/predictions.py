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
        classes: (k,) the labels that the model knows, and after them those that it does not.
        new: how many of `classes` it does not know: they have probability 0, and count as wrong.
    """

    codes: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    classes: NDArray[np.generic]
    new: int = 0

    @classmethod
    def of(
        cls, truth: ArrayLike, probabilities: NDArray[np.float64], classes: ArrayLike
    ) -> "Predictions":
        """Return predictions beside (n,) true labels; errors as class_codes."""
        every = with_new(truth, classes)
        new = len(every) - probabilities.shape[1]
        return cls(class_codes(truth, every), _widened(probabilities, new), every, new)

    @property
    def labels(self) -> list[Label]:
        """The classes as plain values: JSON knows no numpy numbers."""
        labels: list[Label] = self.classes.tolist()
        return labels

    @property
    def known(self) -> list[Label]:
        """The labels that the model knows."""
        return self.labels[: len(self.classes) - self.new]

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
        return replace(self, codes=self.codes[rows], probabilities=self.probabilities[rows])

    def saying(self, said: NDArray[np.float64]) -> "Predictions":
        """Return what another model says of the same rows: (n, k) probabilities, or of `known`."""
        return replace(self, probabilities=_widened(said, len(self.classes) - said.shape[1]))

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


def with_new(truth: ArrayLike, classes: ArrayLike) -> NDArray[np.generic]:
    """Return the classes of a model, and after them those of true labels that it does not know.

    Where it knows none of the labels these are of another column or kind: then without them.
    """
    known, labels = np.asarray(classes), pd.Index(np.asarray(truth)).unique()
    new = labels[pd.Index(known).get_indexer(labels) < 0]
    if len(new) in (0, len(labels)) or new.hasnans:
        return known
    return np.concatenate([known, np.array(sorted(new, key=str))])


def _widened(probabilities: NDArray[np.float64], new: int) -> NDArray[np.float64]:
    return np.pad(probabilities, ((0, 0), (0, new))) if new else probabilities


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
    if known == list(wanted):
        return probabilities
    if set(known) != set(wanted):
        return None
    return probabilities[:, [known.index(label) for label in wanted]]
