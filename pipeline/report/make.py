"""The report of a run and the card of its model: made, written and logged.

What they take is imported when they are made: in a process of its own that knows most of it
already (`python make.py RUN_FOLDER LOCATION`), or beside the steps.
"""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the repository, not this folder

from pipeline import files, paths
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.replay import manifest, runs
from pipeline.replay.manifest import Manifest, model
from pipeline.tracking import model_registry, record
from pipeline.tracking.recorder_client import MovedOfflineError, RecorderConnection

FILE, CARD_PAGE = "report.html", "model_card.html"
PROGRAM = "pipeline/report/make.py"
Run = Callable[..., int | None]  # runs a program with words; None if it cannot


@contextmanager
def at_end(folder: Path, context: RunContext, run: Run) -> Iterator[None]:
    """Make the report of a run when it is over, however it ended, and log it to its MLflow run.

    A run in which earlier executions served for all steps gets none. What keeps a report from
    being made is said in one line; the run is what it was.

    Args:
        folder: the run's folder, which then has its manifest.
        context: of the run.
        run: runs a Python program of the repository in a process of its own.
    """
    try:
        yield
    finally:
        if (folder / manifest.FILE).exists():
            _make_and_log(folder, context, run)


def _make_and_log(folder: Path, context: RunContext, run: Run) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    again = "python main.py main.action=report"
    try:
        recorded = runs.read(folder)
        if runs.is_cached(recorded["steps"]):
            return
        again += f" main.run={recorded['run'][:8]}"
        if run(PROGRAM, str(folder), context.artifact_store) == 0:
            path = folder / FILE
        else:  # here it is said why, if it fails again
            path = make(folder, recorded, context.artifact_store)
        print(f"Report: {path}")
        made = [path, *sorted(folder.glob("model_card.*"))]
        for file in made:
            MlflowClient().log_artifact(recorded["run"], str(file))
        _to_registry(recorded, made[1:])
        _to_wandb(folder, recorded, context)
    except (InputError, MlflowException, OSError) as error:
        print(f"The report is not made or not recorded: {error}; {again}", file=sys.stderr)


def _to_registry(recorded: Manifest, card: list[Path]) -> None:
    """Put the card beside the model, if MLflow's registry has it."""
    name, judged = recorded["config"].get("gate", {}).get("registered_model"), model(recorded)
    if card and name and judged:
        model_registry.attach(name, judged["digest"], card)


def _to_wandb(folder: Path, recorded: Manifest, context: RunContext) -> None:
    """Record the page in a W&B run, as a step does: offline, a sync sends it later."""
    if not context.recorder:  # no W&B
        return
    main, number = recorded["config"]["main"], recorded["run"]
    made = record.Record("report", {"run": number}, recorded["finished"], status="finished")
    names = [name for name in (FILE, CARD_PAGE) if (folder / name).exists()]
    made.pages, made.wandb_run = [f"../{name}" for name in names], secrets.token_hex(4)
    place = folder / "report"
    place.mkdir(exist_ok=True)
    made.write(place)
    try:
        connection = RecorderConnection(context.recorder, context.wandb == "online")
    except (OSError, EOFError):
        print("The W&B recorder has gone: the report is not recorded there")
        return
    try:
        connection.begin({
            "id": made.wandb_run, "job_type": made.step, "name": made.step,
            "project": context.project, "config": made.parameters,
            "notes": context.notes,
            "group": context.group or f"{main['experiment_name']}-{number[:8]}",
        })  # fmt: skip
        connection.ask("finish", str(place))
    except MovedOfflineError as moved:
        made.wandb_run = moved.run
        made.write(place)
        print(f"{moved}; the report is recorded offline")
    finally:
        connection.close()


def make(folder: Path, recorded: Manifest, location: str) -> Path:
    """Write the report of a run and its model's card into a folder; return the report's path.

    Args:
        folder: made if it is not there.
        recorded: the run's manifest.
        location: of the artifact store.

    Raises:
        InputError: the folder cannot be written to.
    """
    from pipeline.report import page, report_data

    data = report_data.gather(recorded, runs.before(recorded), location)
    files.write_texts(folder, page.pages(data))
    return folder / FILE


def again(run: str, location: str) -> Path:
    """Make the report of a recorded run again; return its path.

    That of a run of another machine, which MLflow knows, is written below outputs/reports/.

    Args:
        run: ``latest``, or the beginning of an MLflow run id.
        location: of the artifact store.

    Raises:
        InputError: there is no such run; the report cannot be written.
    """
    folder, recorded = runs.find(run)
    place = folder or paths.ROOT / "outputs" / "reports" / recorded["run"]
    return make(place, recorded, location)


if __name__ == "__main__":
    try:
        make(Path(sys.argv[1]), runs.read(Path(sys.argv[1])), sys.argv[2])
    except (InputError, OSError):
        sys.exit(1)
