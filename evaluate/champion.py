"""The champion, the model to be compared with: read, and asked about the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluate.comparison import Rival
from evaluate.table import TableReader, digests
from pipeline.errors import InputError
from pipeline.judging.evaluation import Label
from pipeline.judging.predictions import in_order
from pipeline.judging.tasks import is_regression
from pipeline.models import export
from pipeline.step.start import StepRun
from pipeline.store.versions import Version


@dataclass(frozen=True)
class Candidate:
    """The model that is evaluated: its version, its classes, how many rows it was asked about.

    One that predicts numbers has no classes.
    """

    version: Version
    classes: Sequence[Label]
    rows: int


def read(
    run: StepRun, reference: str | None, candidate: Candidate, table: TableReader,
    trusted: Sequence[str],
) -> Rival | None:  # fmt: skip
    """Return what the champion says of the test rows; None if there is no other champion.

    Args:
        run: what reads it, and records that it did.
        reference: the champion, name:alias or name:vN; it need not be there.
        candidate: the model to compare with it.
        table: the test table.
        trusted: types that the champion's file may hold.
    """
    if reference is None or not run.exists(reference):
        return None
    version = run.version(reference)
    if (version.name, version.digest) == (candidate.version.name, candidate.version.digest):
        return None
    _, folder = run.use_artifact(version.reference)
    try:
        if (other := export.target_of(folder)) != table.target:
            reason = f"predicts {other!r}, not {table.target!r}: not compared"
            return Rival(version.reference, reason)
        model = export.load(folder, trusted)
        said, _ = table.said(model, candidate.rows)
    except InputError as error:
        return Rival(version.reference, f"cannot judge these rows: {error}")
    if is_regression(model) != (not candidate.classes):
        kinds = ("numbers", "classes") if is_regression(model) else ("classes", "numbers")
        return Rival(version.reference, "predicts {}, not {}: not compared".format(*kinds))
    classes = [] if is_regression(model) else model.classes_.tolist()
    ordered = in_order(said, classes, candidate.classes) if classes else said
    if ordered is None:
        return Rival(version.reference, "knows other classes: not compared")
    unseen = ~_seen(run, version, candidate, table)
    return Rival(version.reference, said=ordered, unseen=unseen)


def _seen(
    run: StepRun, champion: Version, candidate: Candidate, table: TableReader
) -> NDArray[np.bool_]:
    """Say which test rows are among those that the champion was trained on, (n,).

    If these are the candidate's, or are not kept any more, none can be told apart.
    """
    seen = np.zeros(candidate.rows, bool)
    if _trained_on(champion) == _trained_on(candidate.version):
        return seen
    for entry in champion.inputs:
        trained = run.table_of(entry)
        if trained is None:
            run.logger.warning("%s, which %s was trained on, is not kept: it may have seen test "
                               "rows", entry["name"], champion.reference)  # fmt: skip
            continue
        known = set(trained.schema.names)
        columns = [name for name in table.names if name in known]
        seen |= np.isin(table.digests(columns), digests(trained, columns))
    return seen


def _trained_on(version: Version) -> set[str]:
    return {entry["digest"] for entry in version.inputs}
