"""MLflow's runs, wherever they are: dead ones closed, secrets masked, which artifacts they name."""

import logging
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import context, paths, processes
from pipeline.files import shown
from pipeline.network import within
from pipeline.text.masking import masked_text
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


def end_children(run: str, experiment: str) -> None:
    """End the runs of steps that a run which ends early has left open: it is stopped anywhere."""
    from mlflow import MlflowClient

    client = MlflowClient()
    below = f"attributes.status = 'RUNNING' AND tags.`mlflow.parentRunId` = '{run}'"
    for child in client.search_runs([experiment], below):
        client.set_terminated(child.info.run_id, "KILLED")


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


def mask_own_run(words: Sequence[str]) -> None:
    """Mask at once what `mlflow run` has written to the run of this process, if it holds secrets.

    Args:
        words: of the command that MLflow has started.
    """
    run = context.variables().get("MLFLOW_RUN_ID")
    if run and any(masked_text(word) != word for word in words):
        mask_kept(run)


def mask_kept(run_id: str) -> None:
    """Mask the secrets that MLflow itself has written to a run: what `mlflow run -P` was given.

    Where they cannot be changed any more it is said what to do.
    """
    from mlflow import MlflowClient

    uri = context.tracking_uri(paths.ROOT)
    data = MlflowClient(uri).get_run(run_id).data
    found = {
        (table, key): masked_text(value)
        for table, values in (("params", data.params), ("tags", data.tags))
        for key, value in values.items()
        if masked_text(value) != value
    }
    if not found:
        return
    if not uri.startswith("sqlite:///"):
        print(
            f"MLflow holds a secret in run {run_id} ({', '.join(key for _, key in found)}): delete "
            f"that run (mlflow runs delete --run-id {run_id}; mlflow gc), and give secrets to "
            "python main.py or as ${oc.env:NAME}"
        )
        return
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"), timeout=30)) as database, database:
        database.execute("PRAGMA secure_delete = ON")  # what is replaced is overwritten
        for (table, key), value in found.items():
            database.execute(
                f"UPDATE {table} SET value = ? WHERE run_uuid = ? AND key = ?", (value, run_id, key)
            )
