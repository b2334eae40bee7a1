"""What the step makes and records of an evaluation."""

import json

import pyarrow as pa

from evaluate import evaluate
from evaluate.baseline import not_beaten
from evaluate.weaknesses import weaknesses
from pipeline.judging.evaluation import Evaluation
from pipeline.judging.pictures import draw
from pipeline.judging.tasks import AnyPredictions
from pipeline.step import performance
from pipeline.step.start import StepRun
from pipeline.tables import table_files

PIECE = 2**16  # rows of the predictions written at a time


def write_predictions(run: StepRun, name: str, predictions: AnyPredictions, target: str) -> None:
    """Make the table of predictions an output."""
    what = "class probabilities" if predictions.labels else "interval"
    description = f"Truth, prediction and {what} of {target} on the test rows"
    parts = (
        predictions.part(slice(begin, begin + PIECE))
        for begin in range(0, len(predictions.codes), PIECE)
    )
    pieces = (pa.Table.from_pandas(part.table()) for part in parts)
    first = next(pieces)
    schema = table_files.schema_of(first)
    with run.table_writer(name, schema, "predictions", description) as writer:
        writer.write(first)
        for piece in pieces:
            writer.write(piece)


def write_evaluation(run: StepRun, name: str, evaluation: Evaluation) -> None:
    """Make the evaluation an output; record its tables and pictures."""
    run.log(evaluate.interval_metrics(evaluation))
    run.log_table("intervals", evaluate.interval_rows(evaluation))
    run.log_table("slices", evaluate.slice_rows(evaluation))
    run.log_table("importances", [dict(row) for row in evaluation["importances"]])
    performance.record_pictures(run, draw.evaluation(evaluation))
    for line in evaluate.log_lines(evaluation):
        run.logger.info("%s", line)
    dummy = evaluation.get("baseline")
    if dummy:
        run.log({f"baseline/{name}": value for name, value in dummy["metrics"].items()})
    for told in [*weaknesses(evaluation), dummy and not_beaten(dummy)]:
        if told:
            run.note(told)
    path = run.output_path(name)
    path.write_text(json.dumps(evaluation, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    target = evaluation["target"]
    description = f"Every figure of the model of {target} on the test rows, with its interval"
    run.add_artifact(name, path, "evaluation", description, {})
