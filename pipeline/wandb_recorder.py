"""A process that holds the W&B runs of the steps: the only importer of wandb.

Importing wandb and opening a first run costs more than most steps' own work. One recorder serves
all steps of a pipeline run and starts beside the first; a step that is run alone starts its own.
A step talks to it over a local connection: first what the run is, then the folder of its record.
A connection that ends without a record means that the step died: its run is marked as failed.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, for `pipeline`

from pipeline import paths, record
from pipeline.errors import InputError

# The address is private to this user's processes; the key only names the protocol.
KEY = b"pipeline"
ANSWER = 10  # seconds for W&B to answer when a run begins
WAIT = 120  # seconds for it to take an artifact, and the rest of a run

Known = dict[tuple[str, str], Any]  # name and digest → W&B's artifact, of this pipeline run


@contextmanager
def started() -> Iterator[str]:
    """Start a recorder and give its address; it ends, and its runs are closed, with the context."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | paths.tracking_environment(),
        start_new_session=True,  # Ctrl-C is for the steps; it still has to close their runs
    )
    with process:  # closes standard input, the recorder's sign to end, and waits
        assert process.stdout is not None
        yield process.stdout.readline().strip()


class Recording:
    """A step's side: tells the recorder what the run is, and at the end where its record is."""

    def __init__(self, address: str, settings: dict[str, Any]) -> None:
        self._connection = Client(address, authkey=KEY)
        self._connection.send(settings)

    def finish(self, folder: Path) -> None:
        """Hand over the folder of the step's record.

        Raises:
            InputError: W&B could not record it; says why.
        """
        try:
            self._connection.send(str(folder))
            failure = self._connection.recv()
        except (EOFError, OSError) as error:
            failure = f"the W&B recorder has gone ({error!r})"
        self._connection.close()
        if failure:
            raise InputError(f"{failure}; WANDB_MODE=offline or disabled does without the service")


def main() -> None:
    """Serve one step after the other until standard input ends."""
    with Listener(None, authkey=KEY) as listener:
        address = str(listener.address)
        print(address, flush=True)
        threading.Thread(target=_end_with_standard_input, args=(address,), daemon=True).start()
        import wandb  # here: while the first step is still starting

        known: Known = {}
        serving = True
        while serving:
            try:
                with listener.accept() as connection:
                    serving = _record_step(wandb, connection, known)
            except (EOFError, OSError, AuthenticationError):
                continue  # a step was killed while it spoke: the others are served all the same


def _end_with_standard_input(address: str) -> None:
    sys.stdin.read()
    try:
        with Client(address, authkey=KEY) as connection:
            connection.send(None)
    except (EOFError, OSError):  # nobody listens any more
        os._exit(1)


def _record_step(wandb: Any, connection: Connection, known: Known) -> bool:
    """Record one step from its connection; False for the sign to end."""
    settings = connection.recv()
    if settings is None:
        return False
    run, failure = None, ""
    try:
        bounds = {"init_timeout": ANSWER, "finish_timeout": WAIT, "finish_timeout_raises": True}
        run = wandb.init(**settings, settings=wandb.Settings(silent=True, console="off", **bounds))
    except (wandb.Error, OSError) as error:
        failure = f"W&B refused the run: {' '.join(str(error).split())}"
    try:
        folder = Path(connection.recv())
    except EOFError:  # the step died
        folder = None
    if run and folder:
        failure = _log(wandb, run, folder, known)
    elif run:
        run.finish(exit_code=1)
    if folder:
        connection.send(failure)
    return True


def _log(wandb: Any, run: Any, folder: Path, known: Known) -> str:
    """Put the record of a step into its W&B run and finish it; return what went wrong, or ''.

    Online the artifacts are waited for, because the end of a run never says that one was lost; and
    the run is told which artifacts of this pipeline run it used.
    """
    step = record.read(folder)
    assert step is not None, "a step writes its record before it says so"
    try:
        run.config.update({"inputs": [record.reference(a) for a in step.inputs]})
        run.summary.update(step.metrics | {"seconds": step.seconds})
        run.log(
            {Path(p).stem: wandb.Image(str(folder / p)) for p in step.pictures}
            | {name: _table(wandb, rows) for name, rows in step.tables.items() if rows}
        )
        for used in step.inputs if not run.offline else ():
            if (used["name"], used["digest"]) in known:
                run.use_artifact(known[used["name"], used["digest"]])
        for output in step.outputs:
            place = Path(step.local_files[output["name"]])
            logged = run.log_artifact(artifact_of(wandb, output, place))
            if not run.offline:
                known[output["name"], output["digest"]] = logged.wait(timeout=WAIT)
        run.finish(exit_code=0 if step.status == "finished" else 1)
    except (wandb.Error, OSError, ValueError) as error:
        return f"W&B could not record it: {' '.join(str(error).split())}"
    return ""


def artifact_of(wandb: Any, output: Mapping[str, Any], path: Path) -> Any:
    """Return a W&B artifact, not logged yet, with the file or folder of a step's output."""
    facts = {key: output[key] for key in ("name", "type", "description", "metadata")}
    artifact = wandb.Artifact(**facts)
    if path.is_dir():
        artifact.add_dir(str(path))
    else:
        artifact.add_file(str(path))
    return artifact


def _table(wandb: Any, rows: list[dict[str, Any]]) -> Any:
    return wandb.Table(columns=list(rows[0]), data=[[str(v) for v in r.values()] for r in rows])


if __name__ == "__main__":
    main()
