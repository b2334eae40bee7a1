"""The champion, the model to be compared with: found, loaded, and asked about the same rows."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evaluate import gate
from pipeline.config.gate import Gate
from pipeline.errors import InputError
from pipeline.judging.bootstrap import Bootstrap
from pipeline.judging.metrics import Judged, class_codes
from pipeline.models import export
from pipeline.step.start import StepRun
from pipeline.store.artifacts import Version
from pipeline.store.versions import parse_reference
from pipeline.tables import row_digests

FEWEST = 100  # test rows that a comparison needs


def judge(
    run: StepRun,
    reference: str | None,
    candidate: Version,
    table: pa.Table,
    rows: pd.DataFrame,
    said: Judged,
    classes: Sequence[Any],
    trusted: Sequence[str],
    asked: Gate,
    how: Bootstrap,
) -> tuple[str | None, gate.Row | None, str | None]:
    """Compare the candidate with the champion, if there is another one.

    Args:
        run: what reads it, and records that it did.
        reference: the champion, name:alias or name:vN; it need not be there.
        candidate: the model that was evaluated.
        table: the test table.
        rows: the same for the model.
        said: the true classes, and what the candidate says.
        classes: the candidate's.
        trusted: types that the champion's file may hold.
        asked: the metric and the margin.
        how: the resampling.

    Returns:
        The champion's reference, the comparison, and a sentence to mind about it; None each.
    """
    if reference is None or not run.exists(reference):
        return None, None, None
    version = run.version(reference)
    if (version.name, version.digest) == (candidate.name, candidate.digest):
        return None, None, None
    probabilities, why = _asked(run, version, rows, classes, trusted)
    if probabilities is None:
        return version.reference, None, why
    new = ~_seen(run, version, candidate, table)
    if new.sum() < FEWEST:
        note = f"{version.reference} was trained on all but {new.sum()} of the test rows"
        return version.reference, None, f"{note}: not compared"
    codes = class_codes(said.truth, classes)[new]
    compared = gate.compare(codes, said.probabilities[new], probabilities[new], asked, how)
    mind = None
    if not new.all():
        mind = (f"compared on the {new.sum():,} of {len(new):,} test rows that {version.reference} "
                "was not trained on")  # fmt: skip
    return version.reference, compared, mind


def _asked(
    run: StepRun,
    version: Version,
    rows: pd.DataFrame,
    classes: Sequence[Any],
    trusted: Sequence[str],
) -> tuple[NDArray[np.float64] | None, str]:
    """Return the champion's probabilities in the candidate's order of classes, or why not."""
    _, folder = run.use_artifact(version.reference)
    try:
        model = export.load(folder, trusted)
        said, _ = export.predict(model, rows)
    except InputError as error:
        return None, f"{version.reference} cannot judge these rows: {error}"
    ordered = gate.same_order(list(classes), np.asarray(model.classes_).tolist(), said)
    return ordered, f"{version.reference} knows other classes: not compared"


def _seen(
    run: StepRun, champion: Version, candidate: Version, table: pa.Table
) -> NDArray[np.bool_]:
    """Say which test rows are among those that the champion was trained on, (n,).

    If these are the candidate's, or are not kept any more, none can be told apart.
    """
    seen = np.zeros(len(table), bool)
    if _trained_on(champion) == _trained_on(candidate):
        return seen
    for made in champion.inputs:
        trained = run.table_of(made)
        if trained is None:
            run.logger.warning("%s, which %s was trained on, is not kept: it may have seen test "
                               "rows", made["name"], champion.reference)  # fmt: skip
            continue
        columns = [name for name in table.column_names if name in trained.column_names]
        known = row_digests.of_rows(trained, columns)
        seen |= np.isin(row_digests.of_rows(table, columns), known)
    return seen


def conclude(
    run: StepRun, name: str, verdict: dict[str, Any], version: Version, asked: Gate
) -> None:
    """Record the verdict of the gate; a model that passed becomes the champion at the end.

    Args:
        run: where it is recorded.
        name: of the artifact.
        verdict: as gate.decide returns it, with the champion and a note.
        version: the model.
        asked: the alias it gets.
    """
    promoted = verdict["passed"] and asked.champion is not None
    path = run.output_path(name)
    text = json.dumps(verdict | {"promoted": promoted}, ensure_ascii=False, allow_nan=False)
    path.write_text(f"{text}\n", "utf-8")
    run.add_artifact(name, path, "gate", "Whether the model may become the champion, and why", {})
    if verdict["note"]:
        run.logger.warning("%s", verdict["note"])
    if not verdict["passed"]:
        run.refuse(f"the gate refuses {version.reference}: {'; '.join(verdict['reasons'])}")
    elif asked.champion is not None:
        run.promote(version, parse_reference(asked.champion)[1], asked.registered_model)


def _trained_on(version: Version) -> set[Any]:
    return {made["digest"] for made in version.inputs}
