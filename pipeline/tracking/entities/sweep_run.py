"""The MLflow run of a sweep: made by the first job that has something to record."""

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path

from pipeline import paths
from pipeline.files import write_json
from pipeline.sweep_job import SweepJob
from pipeline.tracking import register
from pipeline.tracking.entities.family import PARENT, experiment_of
from pipeline.tracking.entities.models import NOTE
from pipeline.tracking.mlflow_log import PROCESS

FILE = "mlflow_run.json"  # in the sweep's folder: its run, and its entry in the register


def parent(project: str) -> dict[str, str]:
    """Return the tag that puts this run below its sweep's, if it is a job of one.

    Args:
        project: whose experiment they belong to.
    """
    job = SweepJob.from_environ()
    return {PARENT: opened(job, project)} if job else {}


def opened(job: SweepJob, project: str) -> str:
    """Return the id of the sweep's run, which is made if there is none yet.

    Args:
        job: one of the sweep's.
        project: whose experiment it belongs to.
    """
    from mlflow import MlflowClient

    folder = Path(job.sweep)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if there := _read(folder):
            return there["run"]
        # Before the run is: whoever finds that the sweep is dead can close it.
        entry = register.Entry.begin(job.mlflow_run, paths.ROOT, process=job.process)
        client, tags = MlflowClient(), {PROCESS: job.process}
        if run := job.mlflow_run:
            client.update_run(run, name=job.name)
            client.set_tag(run, PROCESS, job.process)
        else:
            tags |= {"mlflow.source.name": "main.py", "mlflow.source.type": "LOCAL"}
            made = client.create_run(experiment_of(project), tags=tags, run_name=job.name)
            run = str(made.info.run_id)
        entry = entry.known_as(run, paths.ROOT)
        write_json(folder / FILE, {"run": run, "entry": entry.id})
        return run


def ended(
    folder: Path, well: bool, note: str, tags: Mapping[str, str], figures: Mapping[str, float]
) -> str | None:
    """End the sweep's run.

    Args:
        folder: of the sweep.
        well: whether all of its jobs ended well.
        note: its description, in Markdown.
        tags: of the run.
        figures: its metrics.

    Returns:
        Its id; None if no job has made one.
    """
    from mlflow import MlflowClient

    there = _read(folder)
    if there is None:
        return None
    client, run = MlflowClient(), there["run"]
    for name, value in ({NOTE: note} | dict(tags)).items():
        client.set_tag(run, name, value)
    for name, figure in figures.items():
        client.log_metric(run, name, figure)
    client.set_terminated(run, "FINISHED" if well else "FAILED")
    for entry in register.running(paths.ROOT):
        if entry.id == there["entry"]:
            entry.close(paths.ROOT)
    return run


def _read(folder: Path) -> dict[str, str] | None:
    try:
        there: dict[str, str] = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return None
    return there
