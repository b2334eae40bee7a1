"""What a fitted pipeline's columns are worth to it: by impurity, and by shuffling them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipeline.judging import tasks
from pipeline.judging.evaluation import ColumnImportance
from pipeline.judging.staged import FORESTS
from pipeline.models import transformers
from pipeline.models.features import features_of, model_input

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline

CELLS = 5_000_000  # numbers that the shuffled copies may hold at once
Floats = NDArray[np.float64]
Blocks = dict[str, NDArray[np.intp]]  # column → its inputs


def of_inputs(pipeline: "Pipeline") -> list[tuple[str, float]]:
    """Return (name, importance) of each input of the estimator, the most important first.

    A name is the column's, `column_value` if it is one-hot encoded, `column: term` for text. The
    list is empty for estimators that have no feature_importances_ (the mean decrease in impurity
    of scikit-learn's trees and forests; it sums to 1).
    """
    importances = getattr(pipeline[-1], "feature_importances_", None)
    if importances is None:
        return []
    text_column = features_of(pipeline).text
    names = []
    for full_name in pipeline[0].get_feature_names_out():
        track, _, name = full_name.partition("__")
        names.append(f"{text_column}: {name}" if track == "text" else name)
    pairs = [(name, float(value)) for name, value in zip(names, importances, strict=True)]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True)
class Draws:
    """Which rows each repeat of a permutation takes; of every class its share, one at least."""

    repeats: int = 5  # at least 2
    most_rows: int = 500  # that a repeat takes at most
    seed: int = 42

    def generator(self, repeat: int) -> np.random.Generator:
        """Return the random numbers of a repeat: first its rows are drawn, then their order."""
        return np.random.default_rng([self.seed, repeat])

    def rows(self, codes: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
        """Return the rows that a repeat takes, ascending."""
        if len(codes) <= self.most_rows:
            return np.arange(len(codes))
        drawn = []
        for code in np.unique(codes):
            members = np.flatnonzero(codes == code)
            size = max(round(len(members) * self.most_rows / len(codes)), 1)
            drawn.append(random.choice(members, size, replace=False))
        return np.sort(np.concatenate(drawn))

    def all_rows(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows that any repeat takes, ascending: all that of_columns needs."""
        drawn = [self.rows(codes, self.generator(repeat)) for repeat in range(self.repeats)]
        return np.unique(np.concatenate(drawn))


def of_columns(
    pipeline: "Pipeline", rows: pd.DataFrame, predictions: tasks.AnyPredictions, draws: Draws
) -> list[ColumnImportance]:
    """Return what each column is worth, the most by permutation first.

    Permutation (Breiman, Random Forests, 2001): how far the AUC, or R² of numbers, falls on rows
    that the model has not seen when the column's values are shuffled among them. Each repeat draws
    its own rows and order; the interval is Student's t over the repeats, 95 %. Columns that say the
    same stand in for each other and both look unimportant.

    Impurity is summed over the inputs that come from the column. It is measured on the training
    rows and favours columns with many distinct values, even meaningless ones (Strobl et al., BMC
    Bioinformatics 8, 2007): where the two differ, believe the permutation.

    Args:
        pipeline: a fitted one.
        rows: the rows of draws.all_rows, which it has not seen, in their order.
        predictions: what it says about all (n,) rows.
        draws: the rows of each repeat.

    Returns:
        A row for each column; impurity is None where there is none. Empty with one true value.
    """
    if len(np.unique(predictions.truth)) < 2:
        return []
    held = draws.all_rows(predictions.codes)
    blocks = _blocks(_columns_of_inputs(pipeline))
    used = _used(pipeline[-1], [*blocks.values()])
    drops = np.zeros((draws.repeats, len(blocks)))
    for repeat in range(draws.repeats):
        random = draws.generator(repeat)
        drawn = draws.rows(predictions.codes, random)
        inputs = model_input(rows.iloc[np.searchsorted(held, drawn)], features_of(pipeline))
        matrix = np.asarray(pipeline[0].transform(inputs))
        judged = predictions.part(drawn)
        before = tasks.skill(judged)
        chosen = [list(blocks.values())[i] for i in used]
        copies = _shuffled(pipeline[-1], matrix, chosen, random.permutation(len(drawn)))
        drops[repeat, used] = [before - tasks.skill(judged.saying(after)) for after in copies]
    return _ranked(list(blocks), _shares(pipeline[-1], list(blocks.values())), drops)


def _blocks(origin: list[str]) -> Blocks:
    """Return which inputs come from each column, in the order in which they do first."""
    blocks: dict[str, list[int]] = {}
    for number, name in enumerate(origin):
        blocks.setdefault(name, []).append(number)
    return {name: np.array(numbers) for name, numbers in blocks.items()}


def _used(estimator: "BaseEstimator", blocks: list[NDArray[np.intp]]) -> list[int]:
    """Return the numbers of the blocks that can change an answer: of a forest, those in a split."""
    if not isinstance(estimator, FORESTS):
        return list(range(len(blocks)))
    split_on = {int(i) for tree in estimator.estimators_ for i in tree.tree_.feature}
    return [number for number, block in enumerate(blocks) if not split_on.isdisjoint(block)]


def _shares(estimator: "BaseEstimator", blocks: list[NDArray[np.intp]]) -> list[float | None]:
    """Return each block's share of the impurity; None for an estimator that has none."""
    impurity = getattr(estimator, "feature_importances_", None)
    return [None if impurity is None else float(impurity[block].sum()) for block in blocks]


def _ranked(names: list[str], shares: list[float | None], drops: Floats) -> list[ColumnImportance]:
    """Return a row for each name: its share of impurity, and the mean of its (repeats,) drops."""
    repeats, mean = len(drops), drops.mean(axis=0)
    half = stdtrit(repeats - 1, 0.975) * drops.std(axis=0, ddof=1) / np.sqrt(repeats)
    rows: list[ColumnImportance] = [
        {
            "feature": name,
            "impurity": shares[i],
            "permutation": float(mean[i]),
            "low": float(mean[i] - half[i]),
            "high": float(mean[i] + half[i]),
        }
        for i, name in enumerate(names)
    ]
    return sorted(rows, key=lambda row: (-row["permutation"], row["feature"]))


def _columns_of_inputs(pipeline: "Pipeline") -> list[str]:
    """Return the table's column that each input of the estimator comes from."""
    origin: list[str] = []
    for track, fitted, columns in pipeline[0].transformers_:
        steps = getattr(fitted, "named_steps", {})
        if track == "text":
            origin += [columns] * len(fitted.get_feature_names_out())
        elif hasattr(steps.get("encoding"), "drop"):  # one input per value
            sizes = map(len, steps["encoding"].categories_)
            origin += [name for name, size in zip(columns, sizes, strict=True) for _ in range(size)]
        elif track.startswith(transformers.PREFIX):  # what it makes counts as columns
            origin += fitted.get_feature_names_out().tolist()
        elif track != "remainder":
            origin += columns
            if indicator := getattr(steps.get("imputation"), "indicator_", None):
                origin += [columns[i] for i in indicator.features_]
    return origin


def _shuffled(
    estimator: "BaseEstimator",
    matrix: Floats,
    blocks: list[NDArray[np.intp]],
    order: NDArray[np.int64],
) -> Iterator[Floats]:
    """Yield what is said after each block of inputs has been put into another row order.

    Processing works row by row, so shuffling a column's inputs is the same as shuffling the column.
    """
    at_once = max(CELLS // max(matrix.size, 1), 1)
    moved = matrix[order]
    for begin in range(0, len(blocks), at_once):
        some = blocks[begin : begin + at_once]
        stacked = np.concatenate([matrix] * len(some))
        for number, block in enumerate(some):
            here = slice(number * len(matrix), (number + 1) * len(matrix))
            stacked[here, block] = moved[:, block]
        if hasattr(estimator, "predict_proba"):
            said = estimator.predict_proba(stacked)
        else:
            said = np.asarray(estimator.predict(stacked), np.float64)[:, None]
        yield from np.split(said, len(some))
