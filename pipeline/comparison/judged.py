"""What the model of a run says of its test rows, and which of these another run has as well."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.comparison.about import judging_step
from pipeline.errors import InputError
from pipeline.judging.predictions import Predictions, in_order
from pipeline.judging.regression.predictions import RegressionPredictions
from pipeline.judging.tasks import AnyPredictions
from pipeline.replay.manifest import Manifest
from pipeline.report.report_data import version_of
from pipeline.store.artifacts import Store
from pipeline.tables import row_digests
from pipeline.tables.table_files import Source
from pipeline.tracking.record import ArtifactFacts

PROBABILITY = "probability_"  # how columns of predictions begin, before the class
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """Predictions of the test rows, in their order.

    Attributes:
        run: the beginning of the run's id.
        target: the column that is predicted.
        table: the test table, with the catalog that numbers it; None: it is not known which.
        predictions: of its rows; classes are texts.
    """

    run: str
    target: str
    table: tuple[ArtifactFacts, str] | None
    predictions: AnyPredictions


def read(run: Manifest, location: str) -> Judged:
    """Return what the model of a run says of its test rows.

    Args:
        run: its manifest.
        location: of the artifact store.

    Raises:
        InputError: the run judged no model, or what it made of it is gone.
    """
    step = judging_step(run)
    if step is None:
        raise InputError(f"run {run['run'][:8]} judged no model")
    catalog = step.get("catalog") or ""
    made = next(a for a in step["outputs"] if a["type"] == "predictions")
    tables = [(a, catalog) for a in step["inputs"] if "arrow_schema" in (a.get("metadata") or {})]
    with opened((made, catalog), location) as table:
        predictions = predictions_of(table.read().to_pandas())
    target = run["config"]["data"]["target"]
    return Judged(run["run"][:8], target, tables[0] if tables else None, predictions)


def predictions_of(frame: pd.DataFrame) -> AnyPredictions:
    """Return the predictions in a table of truth and probability_<class>; classes are texts.

    Without such columns they are numbers.
    """
    names = [name for name in frame.columns if name.startswith(PROBABILITY)]
    classes = [name.removeprefix(PROBABILITY) for name in names]
    if not names:
        said = frame[["prediction"]].to_numpy(np.float64)
        level = float(frame["quantile"].iloc[0]) if "quantile" in frame else None
        return RegressionPredictions.of(frame["truth"].to_numpy(), said, level)
    truth = [str(label) for label in frame["truth"].tolist()]
    return Predictions.of(truth, frame[names].to_numpy(np.float64), classes)


def on_common_rows(
    one: Judged, other: Judged, location: str
) -> tuple[AnyPredictions, AnyPredictions]:
    """Return the predictions of the test rows that both have, in one order, classes as the first.

    Rows of two tables are the same if their values are, in all columns that both tables have: that
    is how the gate tells what a champion has seen. Of rows that are there several times, as many
    count as both have.

    Raises:
        InputError: there are none, or the models do not predict the same; it says why.
    """
    if one.target != other.target:
        raise InputError(f"{other.run} predicts {other.target!r}, {one.run} {one.target!r}")
    said = _said(other.predictions, one.predictions)
    if said is None:
        raise InputError(f"the models of {other.run} and {one.run} know other classes")
    ours, theirs = _positions(one, other, location)
    if not len(ours):
        raise InputError(f"{other.run} and {one.run} have no common test rows")
    mine = one.predictions.part(ours)
    return mine, mine.saying(said[theirs])


def _said(other: AnyPredictions, one: AnyPredictions) -> NDArray[np.float64] | None:
    """Return what another model says as `one` does: its classes, or numbers; None if it cannot."""
    if isinstance(one, Predictions) and isinstance(other, Predictions):
        return in_order(other.probabilities, other.labels, one.labels)
    if isinstance(one, RegressionPredictions) and isinstance(other, RegressionPredictions):
        return other.predicted[:, None]
    return None


def _positions(one: Judged, other: Judged, location: str) -> tuple[Positions, Positions]:
    """Return where the rows that both have stand in each table."""
    if one.table is None or other.table is None:
        raise InputError("it is not kept which rows were judged")
    if one.table[0]["digest"] == other.table[0]["digest"]:
        rows = np.arange(len(one.predictions.codes))
        return rows, rows
    with opened(one.table, location) as ours, opened(other.table, location) as theirs:
        names = set(theirs.schema.names)
        columns = [name for name in ours.schema.names if name in names]
        keys = [_keys(source, columns) for source in (ours, theirs)]
    pairs = keys[0].merge(keys[1], on=["digest", "occurrence"])
    return pairs["row_x"].to_numpy(np.int64), pairs["row_y"].to_numpy(np.int64)


def _keys(table: Source, columns: Sequence[str]) -> pd.DataFrame:
    """Return the digest of each row, the how many-eth with this digest it is, and its position."""
    digests = np.concatenate([row_digests.of_rows(p, columns) for p in table.pieces(columns)])
    keys = pd.DataFrame({"digest": digests})
    return keys.assign(
        occurrence=keys.groupby("digest").cumcount(), row=np.arange(len(digests), dtype=np.int64)
    )


@contextmanager
def opened(table: tuple[ArtifactFacts, str], location: str) -> Iterator[Source]:
    """Open a table of a run, given with its catalog.

    Raises:
        InputError: it is gone.
    """
    artifact, catalog = table
    stores = [Store(location, name) for name in dict.fromkeys([catalog, ""])]
    version = version_of(stores, artifact)
    with TemporaryDirectory() as folder:
        yield Source(stores[0].download(version, Path(folder)), version.metadata)
