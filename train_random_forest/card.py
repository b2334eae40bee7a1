"""The card that travels with the exported model."""

import platform
from argparse import Namespace
from importlib.metadata import version
from typing import TYPE_CHECKING

from pipeline.config.model import ModelConfig
from pipeline.judging import model_card
from pipeline.models.export import REQUIREMENTS
from pipeline.step.start import StepRun

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def text(
    run: StepRun, fitted: "Pipeline", config: ModelConfig, args: Namespace, rows: tuple[int, int]
) -> str:
    """Return the model's card in Markdown.

    It has the table's digest and not the number of its version, which other stores number
    otherwise: equal models have equal cards.

    Args:
        run: that has read the training table and recorded the metrics on the validation rows.
        fitted: the pipeline.
        config: what training was told.
        args: the rest of it.
        rows: how many it was fitted on, and how many validated it.
    """
    stratify = f" over {args.stratify}" if args.stratify else ""
    how = f"chosen by {config.split.method}{stratify} with seed {args.random_seed}"
    if config.model.folds:
        how = f"by models of {config.model.folds} folds that were not fitted on them, {how}"
    if (of := run.record.metrics.get("sample/of_rows")) is not None:
        which = "those" if config.model.partitions else "all of them"
        how += f"; {which} a sample of the table's {of:,.0f} (model.rows)"
    packages = {name: version(name) for name in REQUIREMENTS}
    table, metrics = run.record.inputs[0], run.record.headline()
    classes = getattr(fitted, "classes_", None)
    return model_card.training(model_card.Training(
        config.target, classes if classes is None else classes.tolist(), config.features,
        config.text.columns if config.text and config.features.text else [],
        config.model.estimator, table["name"], table["digest"], rows, how, metrics,
        {"Python": platform.python_version(), **packages},
    ))  # fmt: skip
