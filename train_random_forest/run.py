"""Fit the inference pipeline, validate it, export it."""

import sys
import warnings
from argparse import Namespace
from importlib import import_module
from pathlib import Path
from threading import Thread

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from pipeline.config.model import ModelConfig
from pipeline.models import build, export
from pipeline.splits import division
from pipeline.step import arguments, lineage, performance, start
from train_random_forest import card, train


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("train_random_forest", args) as run:
        config = arguments.settings(ModelConfig, "model_config", args.model_config)
        target, split = config.target, config.split
        unfitted = build.build_pipeline(config.features, config.model, args.random_seed)
        run.require_checked([args.train_data], args.checks_artifact, args.checks_override)
        table = run.read_table(args.train_data)
        lineage.warn_of_made_features(run, config.features, config.text)
        how = division.Division(
            size=args.val_size,
            size_name="val_size",
            seed=args.random_seed,
            stratify=args.stratify,
            method=split.method,
            group_by=split.group_by,
            time_column=split.time_column,
            gap=split.gap,
        )
        first, second = division.divide(table, how)
        frame = table.to_pandas()
        training, validation = frame.iloc[first], frame.iloc[second]
        run.logger.info("fitting %s rows, %s to validate", f"{len(first):,}", f"{len(second):,}")
        # requests says so too, but what a thread filters is lost when another one stops to catch.
        warnings.filterwarnings("ignore", "SOCKS support in urllib3")
        Thread(target=import_module, args=("mlflow.sklearn",)).start()  # seconds; export needs it
        fitted = train.fit(unfitted, training, target)
        performance.validate(run, fitted, validation, target)
        performance.record_fit(run, fitted, frame, (first, second), target)
        folder = run.output_path(args.export_artifact)
        about = card.text(run, fitted, config, args, (len(first), len(second)))
        trusted = config.model.trusted_types
        export.export(fitted, folder, training, target, trusted, config.text, about)
        estimator = type(fitted[-1]).__name__
        what = f"{estimator} that predicts {target}, with all its processing"
        facts = {"estimator": estimator, "target": target}
        run.add_artifact(args.export_artifact, folder, "model", what, facts)


if __name__ == "__main__":
    go(arguments.parse(__file__))
