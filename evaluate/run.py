"""Judge the exported model on the test table."""

import sys
from argparse import Namespace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

import pyarrow as pa

from evaluate.evaluate import predictions_table
from pipeline import arguments, judge, models, tracking


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with tracking.start_run("evaluate", args) as run:
        _, folder = run.use_artifact(args.model_export)
        model, target = models.load(folder), models.target_of(folder)
        rows = run.read_table(args.test_data).to_pandas()
        judged = judge.judge(run, model, rows, target)
        predictions = pa.Table.from_pandas(predictions_table(*judged, model.classes_))
        description = f"Truth, prediction and class probabilities of {target} on the test rows"
        run.write_table(args.artifact_name, predictions, "predictions", description)


if __name__ == "__main__":
    go(arguments.parse(__file__))
