"""main.action=monitor: are the rows that a model is asked about like those that it learned from?"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import paths
from pipeline.commands.job import Job
from pipeline.commands.notify import send
from pipeline.commands.notify.facts import Facts
from pipeline.commands.predict import MODEL, champion
from pipeline.drift import compare
from pipeline.drift.result import CheckResult
from pipeline.errors import InputError
from pipeline.models.batch import BatchPredictor
from pipeline.screen import table as screen
from pipeline.step import start
from pipeline.step.run import StepRun
from pipeline.tables.external_chunks import ForeignSource
from pipeline.tables.reading.mapped import AnyTable, Columns, Made
from pipeline.tables.table_files import Source
from pipeline.tracking.record import Record

STEP, SAID = "monitor", "prediction"
TRAINS, PREDICTIONS = "train_random_forest", "predictions_artifact"
COLUMNS = ("column", "test", "effect", "threshold", "p_holm", "verdict")


def run(job: Job) -> None:
    """Compare a table with the rows that a model was fitted on, by what the model sees of both.

    Compared are its features, as `check_data` compares tables, and what it predicts: of these rows,
    and of those that validated it. All is recorded as a run called "monitor"; the hooks that wait
    for drift are told.

    Args:
        job: `main.input` is the table, `main.artifact` the model (None: the champion);
            `data.checks` and `data.ks_alpha` say what is too far.

    Raises:
        SystemExit: with status 1, when something has drifted or cannot be used.
    """
    data, record = job.config.data, None
    try:
        with start.start_run(STEP, Namespace(**_asked(job))) as step:
            record = step.record
            pairs = list(_pairs(step, job))
            alpha = data.ks_alpha / len(pairs)
            found = [compare.compare(*pair, alpha, data.checks, step.engine.each) for pair in pairs]
            results = [result for one, _ in found for result in one]
            _tell(step, pairs[0][0].num_rows, results, [row for _, rows in found for row in rows])
            record.refused = _reason(results, data.checks.warn)
    finally:
        if job.config.notify and record:
            send.tell(job.config.notify, _facts(job, record))


def _asked(job: Job) -> dict[str, object]:
    main, data = job.config.main, job.config.data
    return {"input": main.input, "model": main.artifact, "ks_alpha": data.ks_alpha}


def _pairs(step: StepRun, job: Job) -> Iterator[tuple[AnyTable, AnyTable]]:
    """Yield what the model sees of the rows and of those that made it, then what it says of both.

    Raises:
        InputError: the table or the model cannot be used, or the rows that made it are gone.
    """
    name = job.config.main.input
    if name is None:
        raise InputError("monitor: say which table: main.input=FILE, in any form of predict's")
    path = paths.ROOT / Path(name).expanduser()
    if not path.is_file():
        raise InputError(f"main.input={name} is no file; give the path of a table")
    model, folder = step.use_artifact(job.config.main.artifact or champion(step.aliases(MODEL)))
    predictor = BatchPredictor(folder, model.reference, job.config.model.trusted_types)
    source = ForeignSource(path, name, job.config.data.read)
    predictor.check(source, name)
    fitted = [f"{made['name']}:v{made['version']}" for made in model.inputs]
    if not fitted or not step.exists(fitted[0]):
        raise InputError(f"the rows that {model.reference} was fitted on are gone; train it again")
    each, sees, folder = step.engine.threads, predictor.sees, step.scratch()
    seen = Made(sees.append(predictor.says), lambda: predictor.seen(source, name, each))
    ours, rows = Columns(seen, folder), step.open_table(fitted[0])
    learned = Made(sees, lambda: each(_inputs, filter(len, rows.pieces()), predictor, rows))
    yield ours.only(sees.names), Columns(learned, folder)
    kept = str(job.config.steps[TRAINS][PREDICTIONS])
    for version in step.versions(kept):
        if version.run_ids and version.run_ids == model.run_ids:
            yield ours.only([SAID]), step.read_table(version.reference).select([SAID])
            return
    step.note(
        f"what {model.reference} said of rows that it had not seen is not kept: no comparison"
    )


def _inputs(piece: pa.Table, predictor: BatchPredictor, source: Source) -> pa.Table:
    return predictor.inputs(source.encoded(piece).to_pandas())


def _tell(
    step: StepRun, count: int, results: Sequence[CheckResult], rows: list[dict[str, Any]]
) -> None:
    """Record the comparisons, and show them, what has drifted first."""
    failed = [result for result in results if result.verdict == "failed"]
    step.log({"rows": count, "compared": len(results), "drifted": len(failed)})
    step.log_table("drift", rows)
    ordered = sorted(rows, key=lambda row: (row["verdict"] != "failed", -_share(row)))
    screen.show(COLUMNS, [[[str(row[name])] for name in COLUMNS] for row in ordered])
    for result in failed:
        step.logger.warning("%s", result)


def _share(row: dict[str, Any]) -> float:
    """Return how much of what is allowed a difference takes."""
    effect = float("inf" if row["effect"] is None else row["effect"])
    return effect / max(float(row["threshold"]), 1e-9)


def _reason(results: Sequence[CheckResult], warn: Sequence[str]) -> str | None:
    """Return what has drifted and may not; `data.checks.warn` names what may."""
    failed = [r for r in results if r.verdict == "failed" and not {r.check, r.name} & set(warn)]
    if not failed:
        return None
    names = ", ".join(dict.fromkeys(result.column for result in failed))
    return f"{names}: not as when the model was made; look at why, then train it on newer rows"


def _facts(job: Job, record: Record) -> Facts:
    failed = record.status == "failed"
    drifted = bool(record.metrics.get("drifted"))
    happened = {"end": True, "failure": failed, "drift": drifted}
    return Facts(
        project=job.context.project,
        dataset=str(job.config.data.name),
        outcome="failed" if failed else "refused" if record.refused else "finished",
        events=[event for event, has in happened.items() if has],
        step=STEP if failed or record.refused else None,
        reason=record.error or record.refused,
        metrics=dict(record.metrics),
        gate=None,
        report=None,
        mlflow_run=record.mlflow_run,
    )
