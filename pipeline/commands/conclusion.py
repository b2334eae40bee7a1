"""What is left of a run when it is over: manifest, entry in the register, closing table."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.commands import console
from pipeline.commands.job import Job
from pipeline.errors import InputError
from pipeline.files import shown
from pipeline.replay import checkout, manifest
from pipeline.screen.failures import describe
from pipeline.tracking import mlflow_database, mlflow_runs, register
from pipeline.tracking.entities import descriptions

if TYPE_CHECKING:
    from pipeline.commands.parent import ParentRun


@contextmanager
def concluding(job: Job, run: "ParentRun", entry: register.Entry) -> Iterator[None]:
    """Write what is left of a run when it is over, however it ended."""
    code = checkout.code_of(paths.ROOT)  # as it is now; it may be edited while steps run
    try:
        yield
    except BaseException as failure:
        try:
            _conclude(job, run, code, describe(failure, "main"))
        except InputError as error:  # the disk is full, say: what failed before is the failure
            print(f"not written: {error}", file=sys.stderr)
        raise
    else:
        _conclude(job, run, code)
    finally:
        entry.end([outcome.record for outcome in run.outcomes], paths.ROOT)
        console.closing_table([(o.record, bool(o.decision.hit)) for o in run.outcomes])


def _conclude(
    job: Job, run: "ParentRun", code: checkout.CodeState, failure: str | None = None
) -> None:
    import mlflow  # takes seconds: only where a run is recorded

    request = manifest.Request(asdict(job.config), job.overrides, run.env_manager)
    manifest.write(job.folder, run.run_id, request, code, run.outcomes)
    ended = [(outcome.record, bool(outcome.decision.hit)) for outcome in run.outcomes]
    told = descriptions.Run(
        run.run_id, ended, failure, job.overrides, _place(job.folder),
        job.config.main.report and not all(cached for _, cached in ended),
    )  # fmt: skip
    with mlflow_database.failures():
        mlflow.set_tags(descriptions.tags(told, run.experiment_id, code["commit"], code["patch"]))
        mlflow.log_artifact(str(job.folder / manifest.FILE))
    mlflow_runs.mask_kept(run.run_id)


def _place(folder: Path) -> str:
    """Return a folder as it is found from the repository."""
    inside = folder.is_relative_to(paths.ROOT)
    return shown(folder.relative_to(paths.ROOT) if inside else folder)
