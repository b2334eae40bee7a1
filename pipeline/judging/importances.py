"""What a fitted pipeline's columns are worth to it: by impurity, and by shuffling them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipeline.judging.weighted_metrics import Scored
from pipeline.models import transformers
from pipeline.models.features import features_of, model_input

CELLS = 5_000_000  # numbers that the shuffled copies may hold at once


def of_inputs(pipeline: Any) -> list[tuple[str, float]]:
    """Return (name, importance) of each input of the estimator, the most important first.

    A name is the column's, `column_value` if it is one-hot encoded, `column: term` for text. The
    list is empty for estimators that have no feature_importances_ (the mean decrease in impurity
    of scikit-learn's trees and forests; it sums to 1).
    """
    importances = getattr(pipeline[-1], "feature_importances_", None)
    if importances is None:
        return []
    text_column = features_of(pipeline)["text"]
    names = []
    for full_name in pipeline[0].get_feature_names_out():
        track, _, name = full_name.partition("__")
        names.append(f"{text_column}: {name}" if track == "text" else name)
    pairs = [(name, float(value)) for name, value in zip(names, importances, strict=True)]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def of_columns(
    pipeline: Any,
    rows: pd.DataFrame,
    codes: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    seed: int,
    repeats: int = 5,
    most_rows: int = 500,
) -> list[dict[str, Any]]:
    """Return what each column is worth, the most by permutation first.

    Permutation (Breiman, Random Forests, 2001): how far the AUC falls on rows that the model has
    not seen when the column's values are shuffled among them. Each repeat draws its own rows and
    its own order; the interval is Student's t over the repeats, 95 %. Columns that say the same
    stand in for each other and both look unimportant.

    Impurity is summed over the inputs that come from the column. It is measured on the training
    rows and favours columns with many distinct values, even meaningless ones (Strobl et al., BMC
    Bioinformatics 8, 2007): where the two differ, believe the permutation.

    Args:
        pipeline: fitted, as pipeline.models.build makes it.
        rows: (n, columns) that it has not seen.
        codes: (n,) their classes, positions in pipeline.classes_.
        probabilities: (n, k) what it says about them.
        seed: of the draws.
        repeats: how many, at least 2.
        most_rows: how many rows a repeat takes at most.

    Returns:
        feature, impurity (None where the estimator has none), permutation, low, high (in AUC).
        Empty with one single class, which has no AUC.
    """
    if len(np.unique(codes)) < 2:
        return []
    origin = np.array(_columns_of_inputs(pipeline))
    names = list(dict.fromkeys(origin.tolist()))
    drops = np.empty((repeats, len(names)))
    for repeat in range(repeats):
        random = np.random.default_rng([seed, repeat])
        picked = _some_of_each_class(codes, most_rows, random)
        inputs = model_input(rows.iloc[picked], features_of(pipeline))
        matrix = np.asarray(pipeline[0].transform(inputs))
        before = _area(codes[picked], probabilities[picked])
        order = random.permutation(len(picked))
        copies = _shuffled(pipeline[-1], matrix, [origin == name for name in names], order)
        drops[repeat] = [before - _area(codes[picked], after) for after in copies]
    mean = drops.mean(axis=0)
    half = stdtrit(repeats - 1, 0.975) * drops.std(axis=0, ddof=1) / np.sqrt(repeats)
    impurity = getattr(pipeline[-1], "feature_importances_", None)
    found = [
        {
            "feature": name,
            "impurity": None if impurity is None else float(impurity[origin == name].sum()),
            "permutation": float(mean[i]),
            "low": float(mean[i] - half[i]),
            "high": float(mean[i] + half[i]),
        }
        for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda row: (-row["permutation"], row["feature"]))


def _columns_of_inputs(pipeline: Any) -> list[str]:
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


def _some_of_each_class(
    codes: NDArray[np.int64], most: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return at most about `most` rows, ascending; of every class its share, and one at least."""
    if len(codes) <= most:
        return np.arange(len(codes))
    picked = []
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        size = max(round(len(members) * most / len(codes)), 1)
        picked.append(random.choice(members, size, replace=False))
    return np.sort(np.concatenate(picked))


def _shuffled(
    estimator: Any,
    matrix: NDArray[Any],
    blocks: list[NDArray[np.bool_]],
    order: NDArray[np.int64],
) -> Iterator[NDArray[np.float64]]:
    """Yield the probabilities after each block of inputs has been put into another row order.

    Processing works row by row, so shuffling a column's inputs is the same as shuffling the column.
    """
    at_once = max(CELLS // max(matrix.size, 1), 1)
    for begin in range(0, len(blocks), at_once):
        some = blocks[begin : begin + at_once]
        stacked = np.concatenate([matrix] * len(some))
        for number, block in enumerate(some):
            here = slice(number * len(matrix), (number + 1) * len(matrix))
            stacked[here, block] = matrix[order][:, block]
        yield from np.split(estimator.predict_proba(stacked), len(some))


def _area(codes: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    return float(Scored(codes, probabilities).figures(np.ones((len(codes), 1)))["auc"][0])
