"""Which rows of the training table fit a model, and which judge it."""

from argparse import Namespace

import numpy as np
import pyarrow as pa

from pipeline.config.model import Model, ModelConfig
from pipeline.splits import division, folds
from pipeline.splits.division import Division
from pipeline.splits.keys import Rows
from pipeline.step import performance
from train_random_forest.partitions import AllRows
from train_random_forest.sample import Places


def by(args: Namespace, config: ModelConfig) -> Division:
    """Return how the rows that validate are chosen, by what the step was told."""
    return Division(
        size=args.val_size, size_name="val_size", seed=args.random_seed, stratify=args.stratify,
        method=config.split.method, classes=config.task == "classification",
        group_by=config.split.group_by,
        time_column=config.split.time_column,
        gap=config.split.gap,
    )  # fmt: skip


def rows(
    table: pa.Table, places: Places | None, how: Division, model: Model,
    whole: AllRows | None,
) -> tuple[list[Rows], dict[str, performance.Rows]]:  # fmt: skip
    """Return what fits and what judges, as positions in the rows that training took.

    Args:
        table: the rows that training took.
        places: (n,) of these in the training table; None: it took all.
        how: they are divided.
        model: names the folds, if there are any.
        whole: all rows of the training table, if they are fitted in partitions.

    Returns:
        The two of each fold, of which there is one without folds; and by name those of the model
        that is exported.
    """
    if model.folds:
        return folds.divide(table, how, model.folds), {"training": np.arange(len(table))}
    two = whole.of_sample(places, len(table)) if whole else division.divide(table, how)
    return [two], dict(zip(("training", "validation"), two, strict=True))
