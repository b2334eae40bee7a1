"""The process that forks the steps of a run, and what else a run asks a fork for."""

import gc
import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack, suppress
from typing import Self

from pipeline import context, paths
from pipeline.context import RunContext
from pipeline.sweep_job import SweepJob
from pipeline.warm import server
from pipeline.warm.backend import LIBRARIES, Fork, register, started
from pipeline.warm.server import Request


class WarmProcess:
    """A process that forks Python programs; it ends with the context, its forks do not.

    The jobs of a sweep have that of the sweep.

    Attributes:
        place: the socket that it listens at; empty while there is no such process.
    """

    def __init__(self, run: RunContext, wanted: bool) -> None:
        """Take what a step is given, and whether there is to be such a process."""
        self._run, self._wanted = run, wanted and sys.platform == "linux"
        self._stack = ExitStack()
        self.place = ""

    def start(self, as_fork: bool) -> str:
        """Start it.

        Args:
            as_fork: as a fork of this process, which imports MLflow before, once for both; there
                must be no threads that it would miss. Else it is a new Python.

        Returns:
            The name of the backend that MLflow knows it by; "local" where there is no such process.
        """
        if not self._wanted:
            return "local"
        sweep = SweepJob.from_environ()
        self.place = sweep.warm if sweep else ""
        with suppress(OSError):  # no room, no process: each step starts by itself
            self.place = self.place or (
                _forked(self._stack) if as_fork else started(self._run, self._stack)
            )
        return register(self.place) if self.place else "local"

    def run(self, program: str, *words: str) -> int | None:
        """Run a program of the repository; return its exit status, None if there is no fork."""
        request: Request = {"words": [program, *words], "environment": context.variables(),
                            "folder": str(paths.ROOT)}  # fmt: skip
        with suppress(OSError, ValueError):
            return Fork(self.place, request).wait() if self.place else None
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _forked(stack: ExitStack) -> str:
    """Let a fork of this process forget all but the libraries, for as long as the stack lasts."""
    import mlflow.projects.backend.local
    import mlflow.tracking  # noqa: F401

    folder = tempfile.mkdtemp(prefix="warm_")  # a TemporaryDirectory would end with the forks
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    lifeline, end = os.pipe()
    stack.callback(os.close, end)
    with server.listening(f"{folder}/socket") as listener, os.fdopen(lifeline):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        gc.freeze()  # looking for garbage among what both have would make a copy of it
        process = os.fork()
        if process == 0:
            server.begin(listener, lifeline, LIBRARIES, paths.ROOT)
    stack.callback(os.waitpid, process, 0)
    stack.callback(os.kill, process, signal.SIGKILL)  # it may be in the midst of an import
    return f"{folder}/socket"
