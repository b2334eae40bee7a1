"""MLflow's runs, wherever they are recorded: dead ones closed, and which artifacts they name."""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import context, processes
from pipeline.files import shown
from pipeline.network import within
from pipeline.tracking import register
from pipeline.tracking.mlflow_log import PROCESS

if TYPE_CHECKING:
    from mlflow import MlflowClient

PATIENCE = 25.0  # seconds until a server counts as one that is down


def say_errors_once() -> None:
    """Keep MLflow from logging tracebacks of its database: what it raises is said in one line."""
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)


def close_dead(root: Path) -> None:
    """Let runs whose process was killed count as KILLED in MLflow, with those of their steps."""
    dead = [run for run in register.running(root) if processes.lives(run.process) is False]
    if not dead:
        return
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    say_errors_once()
    for entry in dead:
        try:
            client = MlflowClient(entry.tracking_uri or context.tracking_uri(root))
            for run in _runs_of(client, entry):
                client.set_terminated(run, "KILLED")
        except (MlflowException, SQLAlchemyError) as error:
            line = " ".join(str(error).split())[:200]
            print(f"the killed run {entry.id} stays open in MLflow: {line}", file=sys.stderr)
            continue
        entry.close(root)


def _runs_of(client: "MlflowClient", entry: register.Entry) -> list[str]:
    """Return the runs of a dead process that are still open: its own and those of its steps."""
    experiments = [e.experiment_id for e in client.search_experiments()]
    open_runs = client.search_runs(experiments, "attributes.status = 'RUNNING'", max_results=50_000)
    own = {r.info.run_id for r in open_runs if r.data.tags.get(PROCESS) == entry.process}
    own |= {entry.mlflow_run} if entry.mlflow_run else set()
    parents = {r.info.run_id: r.data.tags.get("mlflow.parentRunId") for r in open_runs}
    return [run for run, parent in parents.items() if {run, parent} & own]


def named_on(uri: str) -> dict[str, set[str]]:
    """Return the runs that a tracking server has, and the artifacts, `name:vN`, that each names.

    Raises:
        OSError: it does not answer; or it is a file that is gone.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    say_errors_once()
    file = Path(uri.partition(":///")[2]) if uri.startswith("sqlite:") else None
    if file and not file.exists():
        raise FileNotFoundError(f"{shown(file)} is gone")

    def ask() -> dict[str, set[str]]:
        client, page = MlflowClient(uri), None
        named: dict[str, set[str]] = {}
        experiments = [e.experiment_id for e in client.search_experiments()]
        while experiments and page != "":
            runs = client.search_runs(experiments, max_results=1000, page_token=page)
            page = runs.token or ""
            named |= {run.info.run_id: _artifacts(run.data.tags) for run in runs}
        return named

    try:
        return within(PATIENCE, ask)
    except (MlflowException, SQLAlchemyError) as error:
        raise ConnectionError(" ".join(str(error).split())[:200]) from error


def _artifacts(tags: Mapping[str, str]) -> set[str]:
    lists = (tags.get(f"pipeline.{role}", "") for role in ("inputs", "outputs"))
    return {reference for text in lists for reference in text.split(", ") if reference}
