"""A step's W&B run: how it begins, and what of the step's record goes into it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import wandb
from PIL import Image
from wandb import util

from pipeline.context import RunContext
from pipeline.screen import logs
from pipeline.store.artifacts import Store
from pipeline.tracking.record import Row, read_record, reference
from pipeline.tracking.recorder_client import WandbRun
from pipeline.tracking.wandb_artifact import artifact_of
from pipeline.tracking.wandb_service import Service

# Each run is told which packages are installed: what a process imports from does not change.
_installed = util.working_set
util.working_set = cache(lambda: list(_installed()))
# Pillow's first use is not safe in several threads: afterwards it would know no PNG at all.
Image.preinit()
util.pd_available = False  # else it imports pandas to see that no table of ours is a DataFrame


def begin(settings: WandbRun, mode: Literal["online", "offline"], context: RunContext) -> wandb.Run:
    """Open a run.

    Args:
        settings: what it is.
        mode: online or offline.
        context: how long the service may take to answer, and to take the run at its end.
    """
    how = wandb.Settings(
        init_timeout=context.timeout,
        finish_timeout=context.upload_timeout,
        finish_timeout_raises=True,
        silent=True,
        console="off",
        mode=mode,
    )
    return wandb.init(**settings, reinit="create_new", settings=how)


def finish(run: wandb.Run, folder: Path, location: str, service: Service | None) -> None:
    """Put the record of a step, which lies in the folder, into its run, and finish it.

    Online its artifacts are there already, and the run is told which ones it used; offline
    (without a service) they are noted, for a later sync, from the artifact store at the location.
    """
    record = read_record(folder)
    assert record is not None, "a step writes its record before it says so"
    run.config.update({"inputs": [reference(a) for a in record.inputs]})
    run.summary.update(record.metrics | {"seconds": record.seconds})
    tell_lines(run, str(folder))
    if record.error:
        run.write_logs(record.error)
    _log_series(run, record.series)
    run.log(
        {Path(p).stem: wandb.Image(str(folder / p)) for p in record.pictures}
        | {Path(p).stem: wandb.Html(str(folder / p), inject=False) for p in record.pages}
        | {name: _table(rows) for name, rows in record.tables.items() if rows}
    )
    if service:
        for used in record.inputs:
            service.use(run, reference(used))
    else:
        store = Store(location, record.catalog)
        for output in record.outputs:
            version = store.get(reference(output))
            path = Path(record.local_files[output["name"]])
            aliases = ["latest", *record.aliases.get(output["name"], ())]
            run.log_artifact(artifact_of(version, path), aliases=aliases)
    run.finish(exit_code=0 if record.outcome == "finished" else 1)


def tell_lines(run: wandb.Run, folder: str | None) -> None:
    """Show what a step has logged, from the folder of its record, in the run's Logs tab."""
    file = Path(folder, logs.KEPT) if folder else None
    if file and file.is_file() and (text := file.read_text("utf-8", "backslashreplace")):
        run.write_logs(text)


def _log_series(run: wandb.Run, series: Mapping[str, list[dict[str, float]]]) -> None:
    """Log series as history, by step; a chart of each metric goes along what its series counts."""
    rows: dict[int, dict[str, float]] = {}  # W&B takes steps in their order only
    for axis, points in series.items():
        run.define_metric(axis, hidden=True, summary="none")
        for name in dict.fromkeys(name for point in points for name in point if name != axis):
            run.define_metric(name, step_metric=axis)
        for point in points:
            rows.setdefault(int(point[axis]), {}).update(point)
    for step in sorted(rows):
        run.log(rows[step], step=step)


def _table(rows: list[Row]) -> wandb.Table:
    return wandb.Table(columns=list(rows[0]), data=[[str(v) for v in r.values()] for r in rows])
