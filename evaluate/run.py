"""Judge the exported model on the test table."""

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from evaluate import baseline, champion, comparison, evaluate, gate, intervals, outputs
from evaluate.table import TableReader
from pipeline.config.evaluate import EvaluateConfig
from pipeline.judging import importances
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.regression.predictions import RegressionPredictions
from pipeline.models import export
from pipeline.step import arguments, lineage, performance, start


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("evaluate", args) as run:
        config = arguments.settings(EvaluateConfig, "config", args.config)
        trusted, seed = config.trusted_types, args.random_seed
        settings, asked = config.judging, config.gate
        sources = args.model_export, args.test_data
        run.require_checked(sources, args.checks_artifact, args.checks_override)
        version, folder = run.use_artifact(args.model_export)
        model, target = export.load(folder, trusted), export.target_of(folder)
        table = TableReader(run.open_table(args.test_data), target, run.engine.each)
        sliced = table.columns(config.slices)
        predictions, sample = table.predictions(model, evaluate.draws(settings, seed))
        if isinstance(predictions, RegressionPredictions):
            predictions = replace(predictions, interval=intervals.of_model(folder))
        metrics = performance.record_metrics(run, predictions)
        outputs.write_predictions(run, args.artifact_name, predictions, target)

        subject = evaluate.Judged(model, target, predictions, metrics, sample, sliced)
        evaluation = evaluate.evaluation(subject, settings, seed, run.engine.each)
        if screened := importances.screened(model, evaluate.draws(settings, seed)):
            evaluation["screened"] = screened
        trained = baseline.trained_on(run, version, target, predictions)
        how = Bootstrap(settings.resamples, seed)
        evaluation["baseline"] = baseline.judge(predictions, trained, asked, how)
        outputs.write_evaluation(run, args.evaluation_artifact, evaluation)

        candidate = champion.Candidate(version, predictions.known, len(predictions.codes))
        rival = champion.read(run, args.champion, candidate, table, trusted)
        compared, note = comparison.against(rival, predictions, asked, how)
        obstacle = note if rival and not compared else None
        verdict = gate.decide(evaluation, asked, compared, obstacle)
        gate.publish(run, args.gate_artifact, {
            **verdict, "champion": rival.reference if rival else None, "note": note,
            "promoted": verdict["passed"] and asked.champion is not None,
        }, version, asked)  # fmt: skip
        lineage.count_uses(run, args.evaluation_artifact, args.test_data, version)


if __name__ == "__main__":
    go(arguments.parse(__file__))
