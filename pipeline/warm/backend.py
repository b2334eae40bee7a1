"""MLflow's local way to run a project, but for its start: a fork instead of a new Python.

MLflow calls this a project backend, and writes its name to the run (tag mlflow.project.backend).
"""

import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline import context
from pipeline.context import RunContext
from pipeline.warm.server import LENGTH, Request

if TYPE_CHECKING:
    from mlflow.projects import SubmittedRun

NAME = "warm"
SERVER = Path(__file__).with_name("server.py")
# Of the steps, cheap and early ones first.
LIBRARIES = (
    "numpy", "pyarrow", "pyarrow.parquet", "pyarrow.csv", "pyarrow.compute", "pyarrow.dataset",
    "yaml", "obstore.store", "requests", "tempfile", "logging.handlers", "argparse", "subprocess",
    "multiprocessing.connection", "omegaconf", "rich.console", "scipy.special", "scipy.stats",
    "pandas", "sklearn.ensemble", "sklearn.pipeline", "sklearn.compose",
    "sklearn.impute", "sklearn.preprocessing", "sklearn.feature_extraction.text",
    "sklearn.metrics", "matplotlib.figure", "matplotlib.backends.backend_agg", "skops.io",
    "mlflow.sklearn", "jinja2", "matplotlib.backends.backend_svg",
    # Not a library: MLflow looks for all packages here, half a second, when it writes a model.
    "mlflow.utils.requirements_utils:_init_packages_to_modules_map",
)  # fmt: skip
# The one form of a command that is a Python program and its arguments, with nothing for a shell.
COMMAND = re.compile(r"exec python \w+\.py( --(\w+)=\{\2\})*")


def started(run: RunContext, stack: ExitStack, first: Sequence[str] = (), **variables: str) -> str:
    """Start the process that forks steps, as a new Python, for as long as the stack lasts.

    Args:
        run: what a step is given.
        stack: that it ends with.
        first: libraries to be imported before those of the steps.
        variables: of its environment, besides.

    Returns:
        The socket that it listens at; empty: there can be none here.
    """
    if sys.platform != "linux":
        return ""
    try:
        place = str(Path(stack.enter_context(TemporaryDirectory(prefix="warm_")), "socket"))
        process = subprocess.Popen(
            [sys.executable, str(SERVER), place, *first, *LIBRARIES],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its forks get streams of their own
            env=context.variables() | run.to_environ() | variables,
        )
    except OSError:  # no room, no process: each step starts by itself
        return ""
    stack.enter_context(process)
    stack.callback(process.kill)  # it may be in the midst of an import
    return place


class Fork:
    """A forked program, as subprocess.Popen shows a process."""

    def __init__(self, place: str, request: Request, streams: Sequence[int] = (0, 1, 2)) -> None:
        """Ask for a fork at a socket, with these descriptors as its standard streams.

        Raises:
            OSError, ValueError: there is none to be had.
        """
        self._status: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        try:
            self._connection.connect(place)
            body = json.dumps(request).encode()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            socket.send_fds(self._connection, [LENGTH.pack(len(body))], streams)
            self._connection.sendall(body)
            self._answer = self._connection.makefile("rb")
            self.pid = int(self._answer.readline())
        except (OSError, ValueError):
            self._connection.close()
            raise

    def poll(self) -> int | None:
        """Return its exit status, None while it runs."""
        if self._status is None and not select.select([self._connection], [], [], 0)[0]:
            return None
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended; return its exit status, 1 too when it was killed."""
        if self._status is None:
            self._status = int(self._answer.readline() or 1)
            self._answer.close()
            self._connection.close()
        return self._status

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


def register(place: str) -> str:
    """Let MLflow know a backend that asks for forks at a socket; return its name."""
    from mlflow.projects import utils
    from mlflow.projects.backend.loader import MLFLOW_BACKENDS
    from mlflow.projects.backend.local import LocalBackend
    from mlflow.projects.submitted_run import LocalSubmittedRun

    class WarmBackend(LocalBackend):
        """Runs a Python program as a fork, whatever else as MLflow does.

        Its config names the MLflow run, which is there already.
        """

        def run(
            self,
            project_uri: str,
            entry_point: str,
            params: dict[str, str],
            version: str | None,
            backend_config: dict[str, object],
            tracking_uri: str,
            experiment_id: str,
        ) -> "SubmittedRun":
            folder = utils.fetch_and_validate_project(project_uri, version, entry_point, params)
            project = utils.load_project(folder)
            run = str(backend_config[utils.MLFLOW_LOCAL_BACKEND_RUN_ID_CONFIG])
            if COMMAND.fullmatch(" ".join(project.get_entry_point(entry_point).command.split())):
                words = utils.get_entry_point_command(project, entry_point, params, None)[0]
                own = context.variables() | utils.get_run_env_vars(run, experiment_id)
                request: Request = {"words": shlex.split(words)[2:], "environment": own,
                                    "folder": folder}  # fmt: skip
                with suppress(OSError, ValueError):  # there is none to be had
                    return LocalSubmittedRun(run, Fork(place, request))
            return super().run(  # type: ignore[no-any-return,no-untyped-call]
                project_uri, entry_point, params, version, backend_config, tracking_uri,
                experiment_id,
            )  # fmt: skip

    MLFLOW_BACKENDS[NAME] = WarmBackend
    return NAME
