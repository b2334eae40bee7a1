"""What a fitted pipeline's columns are worth to it: by impurity, and by shuffling them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipeline.judging import tasks
from pipeline.judging.evaluation import ColumnImportance, Screening
from pipeline.judging.permuting import screening
from pipeline.judging.permuting.draws import Draws
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
        A row for each column, or for the draws.most_columns that lead (see `screened`); impurity is
        None where there is none. Empty with one true value.
    """
    if len(np.unique(predictions.truth)) < 2:
        return []
    blocks = _blocks(_columns_of_inputs(pipeline))
    places = list(blocks.values())
    costs = _costs(pipeline, rows, predictions, draws)
    shares = _shares(pipeline[-1], places)
    shown = list(range(len(places)))
    if len(shown) > draws.most_columns:
        shown = screening.leading(places, shares, partial(costs, 0), draws.most_columns)
    used = _used(pipeline[-1], [places[i] for i in shown])
    drops = np.zeros((draws.repeats, len(shown)))
    for repeat in range(draws.repeats):
        drops[repeat, used] = costs(repeat, [places[shown[i]] for i in used])
    return _ranked([list(blocks)[i] for i in shown], [shares[i] for i in shown], drops)


def _costs(
    pipeline: "Pipeline", rows: pd.DataFrame, predictions: tasks.AnyPredictions, draws: Draws
) -> Callable[[int, list[NDArray[np.intp]]], list[float]]:
    """Return what tells how much skill is lost in a repeat by each block that is shuffled."""
    codes, held = predictions.codes, draws.all_rows(predictions.codes)
    inputs = model_input(rows, features_of(pipeline))
    matrix = np.asarray(pipeline[0].transform(inputs))  # row by row, so once for all repeats

    def costs(repeat: int, blocks: list[NDArray[np.intp]]) -> list[float]:
        random = draws.generator(repeat)
        drawn = draws.rows(codes, random)
        judged = predictions.part(drawn)
        before = tasks.skill(judged)
        order = random.permutation(len(drawn))
        copies = _shuffled(pipeline[-1], matrix[np.searchsorted(held, drawn)], blocks, order)
        return [before - tasks.skill(judged.saying(after)) for after in copies]

    return costs


def screened(pipeline: "Pipeline", draws: Draws) -> Screening | None:
    """Return how columns were chosen for of_columns; None if it takes all."""
    columns = len(_blocks(_columns_of_inputs(pipeline)))
    if columns <= draws.most_columns:
        return None
    by = "impurity" if hasattr(pipeline[-1], "feature_importances_") else "groups"
    return {"columns": columns, "measured": draws.most_columns, "by": by}


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
