"""The workers that a step has made for Dask: found among all processes, and lost on purpose."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
EVERY = 0.02  # seconds between two looks


def of_project(folder: Path) -> dict[int, list[int]]:
    """Return the workers of each step of a project that runs: process → its workers."""
    found: dict[int, list[int]] = {}
    for process in (path for path in PROC.iterdir() if path.name.isdecimal()):
        with suppress(OSError, IndexError):
            words = (process / "cmdline").read_bytes()
            if b"multiprocessing.spawn" not in words:
                continue
            if not Path(os.readlink(process / "cwd")).is_relative_to(folder):
                continue
            status = (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            found.setdefault(int(status[1]), []).append(int(process.name))
    return found


class Losses:
    """Kills a worker of each step of a project, some time after the step has said they are there.

    Args:
        folder: of the project.
        after: seconds.

    Attributes:
        steps: the processes of the steps that have lost one.
    """

    def __init__(self, folder: Path, after: float) -> None:
        self._folder, self._after = folder, after
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.steps: list[int] = []

    def __enter__(self) -> "Losses":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        log = self._folder / "ml_pipeline.log"
        while not self._over.wait(EVERY):
            if not log.exists() or log.read_text("utf-8").count(": Dask: ") <= len(self.steps):
                continue
            time.sleep(self._after)
            for step, workers in of_project(self._folder).items():
                if step not in self.steps:
                    with suppress(ProcessLookupError):
                        os.kill(workers[0], signal.SIGKILL)
                        self.steps.append(step)
