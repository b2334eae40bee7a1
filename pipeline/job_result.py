"""What came of a job of a sweep, as it tells its sweep: a file in the folder of the job."""

import json
from pathlib import Path
from typing import Any, TypedDict

from pipeline.context import SweepJob
from pipeline.files import write_json

FILE = "job.json"


class Result(TypedDict):
    """What came of a run.

    Attributes:
        run: the MLflow run; empty: earlier executions served it whole, and there is none.
        record: of its last step, as a dictionary; empty: it has none.
    """

    run: str
    record: dict[str, Any]


def write(result: Result) -> None:
    """Tell the sweep what came of this run, if it is a job of one."""
    if job := SweepJob.from_environ():
        folder = Path(job.folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / FILE, result)


def read(folder: Path) -> Result | None:
    """Return what came of the job with this folder; None if it has not told."""
    try:
        result: Result = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return None
    return result
