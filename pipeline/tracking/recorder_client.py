"""How the steps and main.py talk to the recorder of W&B runs, a process of its own."""

import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Client
from pathlib import Path
from types import TracebackType
from typing import Any, NotRequired, Self, TypedDict

from pipeline import context
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.sweep_job import SweepJob

# The address is private to this user's processes; the key only names the protocol.
KEY = b"pipeline"
DONE, FAILED, MOVED = "done", "failed", "moved"  # how an answer begins; moved: offline from here on
RECORDER = Path(__file__).with_name("recorder_main.py")


class WandbRun(TypedDict):
    """What a W&B run is, as `wandb.init` takes it."""

    id: str
    project: str
    group: str | None
    job_type: str
    name: str
    config: dict[str, object]
    notes: str | None
    tags: NotRequired[list[str]]


class MovedOfflineError(Exception):
    """W&B failed, and the run goes on offline: why, and the id that the W&B run now has."""

    def __init__(self, why: str, run: str | None) -> None:
        super().__init__(why)
        self.run = run


class RecorderProcess:
    """The recorder of a pipeline run: started when it is first needed, ended with the context.

    The jobs of a sweep have that of the sweep. At the end it waits until all runs are closed. `ask`
    is for what belongs to no step's run.
    """

    def __init__(self, context: RunContext) -> None:
        """Take what the recorder needs: the store, the project, how W&B is used."""
        self._context = context
        self._process: subprocess.Popen[str] | None = None
        sweep = SweepJob.from_environ()
        self._address = sweep.recorder if sweep else ""

    @property
    def address(self) -> str:
        """Where it listens."""
        if not self._address:
            self._process = subprocess.Popen(
                [sys.executable, str(RECORDER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=context.variables() | self._context.to_environ(),
                start_new_session=True,  # Ctrl-C is for the steps; it still has to close their runs
            )
            assert self._process.stdout is not None
            self._address = self._process.stdout.readline().strip()
        return self._address

    def ask(self, verb: str, *arguments: object) -> Any:
        """Ask one thing, as RecorderConnection.ask."""
        needed = self._context.wandb == "online"
        try:
            connection = RecorderConnection(self.address, needed)
        except (OSError, EOFError) as error:
            if needed:
                raise InputError(f"the W&B recorder has gone ({type(error).__name__})") from None
            raise MovedOfflineError("the W&B recorder has gone", None) from None
        try:
            return connection.ask(verb, *arguments)
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:  # closes standard input, its sign to end, and waits
            self._process.__exit__(kind, error, traceback)
            self._process = None


class RecorderConnection:
    """A connection to the recorder.

    Attributes:
        catalog: of the W&B project in the artifact store; empty while offline.
        why: the reason if it is offline and should be online.
    """

    def __init__(self, address: str, needed: bool = False) -> None:
        """Connect; `needed`: a recorder that has gone ends the run, which else goes on without it.

        Raises:
            OSError: nobody listens there any more.
        """
        if not address:
            raise ConnectionError("it ended at once")
        self._connection = Client(address, authkey=KEY)
        self._needed = needed
        self.catalog = self.why = ""

    def open(self, project: str, mode: str) -> None:
        """Name the project and the mode: online or offline.

        Raises:
            InputError: the service does not answer, and has to.
        """
        if mode == "online":
            answer = self.ask("open", project)
            self.catalog, self.why = answer["catalog"], answer["why"]

    def begin(self, settings: WandbRun, folder: str | None = None) -> None:
        """Begin the W&B run of a step; the next question tells whether it failed.

        Args:
            settings: what it is.
            folder: of its record, if it lasts: what the step logs there is known should it die.
        """
        with suppress(OSError):  # it has gone: the next question says so
            self._connection.send(("run", settings, folder))

    def ask(self, verb: str, *arguments: object) -> Any:
        """Ask the recorder and wait for its answer.

        Raises:
            InputError: W&B fails; says why.
            MovedOfflineError: W&B fails, and the recorder goes on offline.
        """
        try:
            self._connection.send((verb, *arguments))
            status, value = self._connection.recv()
        except (EOFError, OSError) as error:
            why = f"the W&B recorder has gone ({type(error).__name__})"
            status, value = (FAILED, why) if self._needed else (MOVED, {"why": why, "run": None})
        if status == MOVED:
            raise MovedOfflineError(value["why"], value["run"])
        if status == FAILED:
            raise InputError(f"{value}; WANDB_MODE=offline or disabled does without the service")
        return value

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
