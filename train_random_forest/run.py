"""Fit the inference pipeline, validate it, export it."""

import sys
from argparse import Namespace
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from pipeline.config.model import ModelConfig
from pipeline.models import build, export, serving
from pipeline.step import arguments, lineage, performance, start
from train_random_forest import (
    calibration,
    card,
    cross_validation,
    divided,
    learning_curve,
    outputs,
    partitions,
    sample,
    train,
)


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("train_random_forest", args) as run:
        config = arguments.settings(ModelConfig, "model_config", args.model_config)
        target, model = config.target, config.model
        unfitted = build.build_pipeline(config.features, model, args.random_seed)
        run.require_checked([args.train_data], args.checks_artifact, args.checks_override)
        source, how = run.open_table(args.train_data), divided.by(args, config)
        table, places = sample.read(run, source, how, model.rows, bool(model.partitions))
        table = train.suited(table, config, unfitted)
        lineage.warn_of_made_features(run, config.features, config)
        whole = partitions.of_table(run, source, how, model.partitions)
        frame, judged = table.to_pandas(), None
        calibrating = partial(calibration.parts, table, how, model)
        parts, rows = divided.rows(table, places, how, model, whole)
        if model.folds:
            judged = cross_validation.judge(run, unfitted, frame, target, parts, model, calibrating)
            if judged is None:
                return  # it stopped early, and there is nothing to export
        training, aside = (frame.iloc[rows.get(part, [])] for part in ("training", "validation"))
        fitting = len(whole.fitting if whole else training)
        validating = "all of them" if judged else f"{len(aside):,}"
        run.logger.info("fitting %s rows, %s to validate", f"{fitting:,}", validating)
        outputs.import_ahead()
        fit = whole.fit if whole else partial(train.fit, parts=calibrating(rows["training"]))
        fitted = fit(unfitted, training, target, aside, engine=run.engine)
        said = judged.predictions if judged else performance.predicted(fitted, aside, target)
        performance.validate(run, fitted, said)
        performance.record_fit(run, fitted, frame, rows, target)
        if places is not None:
            fits = learning_curve.Fits(unfitted, frame, target, *parts[0], calibrating, how.seed)
            learning_curve.record(run, fits, said, judged.figures[0] if judged else None, fitting)
        made = serving.Made(config, outputs.interval(run, said, model.interval_alpha))
        about = card.text(run, fitted, config, args, (fitting, len(said.codes)))
        outputs.keep(run, args.predictions_artifact, said, rows.get("validation"), places, judged)
        folder = run.output_path(args.export_artifact)
        export.export(fitted, folder, training, target, model.trusted_types, made, about)
        outputs.add_model(run, args.export_artifact, folder, fitted, target)


if __name__ == "__main__":
    go(arguments.parse(__file__))
