"""What training leaves beside the model."""

import pyarrow as pa

from pipeline.judging.predictions import Predictions
from pipeline.step.performance import Rows
from pipeline.step.start import StepRun
from train_random_forest.cross_validation import OutOfFold


def keep(
    run: StepRun, name: str, said: Predictions, rows: Rows | None, judged: OutOfFold | None
) -> None:
    """Make what was said of the rows that validate an output: models are compared on them.

    Args:
        run: of the step.
        name: of the artifact.
        said: predictions of (n,) rows.
        rows: their (n,) positions in the training table; None with folds, which say it themselves.
        judged: what was said by models of other folds, if it was.
    """
    where = {"fold": judged.folds, "row": judged.rows} if judged else {"row": rows}
    table = pa.Table.from_pandas(said.table().assign(**where))
    by = "models of other folds" if judged else "the model"
    description = f"Truth, and what {by} said, of the rows of the training table that validated"
    run.write_table(name, table, "validation_predictions", description)
