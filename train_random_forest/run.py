"""Fit the inference pipeline, validate it, export it."""

import sys
import warnings
from argparse import Namespace
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

import numpy as np

from pipeline.config.model import ModelConfig
from pipeline.models import build, export, serving
from pipeline.splits import division, folds
from pipeline.step import arguments, lineage, performance, start
from train_random_forest import calibration, card, cross_validation, outputs, train


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("train_random_forest", args) as run:
        config = arguments.settings(ModelConfig, "model_config", args.model_config)
        target, model = config.target, config.model
        unfitted = build.build_pipeline(config.features, model, args.random_seed)
        run.require_checked([args.train_data], args.checks_artifact, args.checks_override)
        table = train.suited(run.read_table(args.train_data), config, unfitted)
        lineage.warn_of_made_features(run, config.features, config)
        how = _division(args, config)
        judged, calibrating = None, partial(calibration.parts, table, how, model)
        if model.folds:
            parts, frame = folds.divide(table, how, model.folds), table.to_pandas()
            judged = cross_validation.judge(run, unfitted, frame, target, parts, model, calibrating)
            if judged is None:
                return  # it stopped early, and there is nothing to export
            rows: dict[str, performance.Rows] = {"training": np.arange(len(frame))}
        else:
            rows = dict(zip(("training", "validation"), division.divide(table, how), strict=True))
            frame = table.to_pandas()
        training, aside = (frame.iloc[rows.get(part, [])] for part in ("training", "validation"))
        to_validate = "all of them" if judged else f"{len(aside):,} to validate"
        run.logger.info("fitting %s rows, %s", f"{len(training):,}", to_validate)
        # requests says so too, but what a thread filters is lost when another stops to catch.
        warnings.filterwarnings("ignore", "SOCKS support in urllib3")
        Thread(target=import_module, args=("mlflow.sklearn",)).start()  # seconds; export needs it
        fitted = train.fit(unfitted, training, target, aside, calibrating(rows["training"]))
        said = judged.predictions if judged else performance.predicted(fitted, aside, target)
        performance.validate(run, fitted, said)
        performance.record_fit(run, fitted, frame, rows, target)
        made = serving.Made(config, outputs.interval(run, said, model.interval_alpha))
        about = card.text(run, fitted, config, args, (len(training), len(said.codes)))
        if judged:
            cross_validation.record(run, judged)
        outputs.keep(run, args.predictions_artifact, said, rows.get("validation"), judged)
        folder = run.output_path(args.export_artifact)
        export.export(fitted, folder, training, target, model.trusted_types, made, about)
        outputs.add_model(run, args.export_artifact, folder, fitted, target)


def _division(args: Namespace, config: ModelConfig) -> division.Division:
    return division.Division(
        size=args.val_size, size_name="val_size", seed=args.random_seed, stratify=args.stratify,
        method=config.split.method, classes=config.task == "classification",
        group_by=config.split.group_by,
        time_column=config.split.time_column,
        gap=config.split.gap,
    )  # fmt: skip


if __name__ == "__main__":
    go(arguments.parse(__file__))
