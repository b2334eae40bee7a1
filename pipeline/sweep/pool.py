"""Jobs side by side: each is main.py in a process, with a folder and a log of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from pipeline import context, paths, processes, sweep_job
from pipeline.config import overrides
from pipeline.context import RunContext
from pipeline.files import shown, write_json
from pipeline.sweep.job import JOBS, Asked, Ended, Sweep
from pipeline.sweep.screen import Screen
from pipeline.sweep_job import THREADS, SweepJob
from pipeline.tracking import mlflow_runs
from pipeline.tracking.recorder_client import RecorderProcess
from pipeline.warm import backend
from pipeline.warm.server import Request

LOG = "job.log"
SUMMARY = Path(__file__).with_name("summary.py")
LOOK = 0.05  # seconds between two looks at the jobs that run
# What main.py itself imports, before the libraries of the steps.
LIBRARIES = ("hydra", "hydra.core.plugins", "rich.console", "mlflow", "mlflow.projects",
             "mlflow.projects.backend.local", "mlflow.store.tracking.sqlalchemy_store",
             "mlflow.store.model_registry.sqlalchemy_store", "git")  # fmt: skip


@dataclass(frozen=True)
class _Running:
    asked: Asked
    process: "subprocess.Popen[bytes] | backend.Fork"
    begin: float


class Pool:
    """Runs jobs of a sweep, some at once; those that run end with it.

    They share one process whose forks they and their steps are, and the cores.
    """

    def __init__(self, run: RunContext, sweep: Sweep) -> None:
        """Take the context of a sweep, and what all of its jobs have in common."""
        self.screen = Screen(sweep.metric)
        self._run, self._sweep = run, sweep
        own = processes.identity()
        self._common = SweepJob("", str(sweep.folder), sweep.name, sweep.group, own, run.mlflow_run)
        self._threads = max(1, processes.cores() // sweep.workers)
        self._stack = ExitStack()
        self._running: list[_Running] = []
        self.ended: list[Ended] = []  # in the order in which they did

    def __enter__(self) -> Self:
        sweep_job.end_when_told(self._run.mlflow_run)
        mlflow_runs.close_dead(paths.ROOT)
        self._sweep.folder.mkdir(parents=True, exist_ok=True)
        if self._sweep.warm:
            share = dict.fromkeys(THREADS, str(self._threads))
            place = backend.started(self._run, self._stack, LIBRARIES, **share)
            self._common = replace(self._common, warm=place)
        if self._run.wandb_mode != "disabled":
            recorder = self._stack.enter_context(RecorderProcess(self._run))
            self._common = replace(self._common, recorder=recorder.address)
        return self

    def __exit__(self, *_: object) -> None:
        for job in self._running:
            job.process.terminate()
        for job in self._running:
            job.process.wait()
        self.screen.close()
        self._stack.close()

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    def start(self, asked: Asked) -> None:
        """Start a job."""
        folder = self._sweep.folder / str(asked.number)
        folder.mkdir(exist_ok=True)
        common = [word for word in asked.overrides if word not in asked.varied]
        place = overrides.quoted("hydra.run.dir", str(folder))
        words = ["main.py", *asked.varied, *common, place]  # a run is named by the first ones
        job = replace(self._common, folder=str(folder))
        variables = job.to_environ("" if asked.whole else self._sweep.only, self._threads)
        with (folder / LOG).open("ab") as log, open(os.devnull, "rb") as nothing:
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            process = self._process(words, variables, streams)
        self._running.append(_Running(asked, process, time.monotonic()))
        self.screen.begin(asked, folder / LOG)

    def run(self, jobs: Sequence[Asked]) -> list[Ended]:
        """Run jobs, some at once; return what came of them, in their order."""
        waiting, before = list(jobs), len(self.ended)
        while waiting or self._running:
            while waiting and len(self._running) < self._sweep.workers:
                self.start(waiting.pop(0))
            self.next_ended()
        return sorted(self.ended[before:], key=lambda job: job.asked.number)

    def summarise(self, well: bool) -> None:
        """Print a table of the jobs that have ended, and end the sweep's MLflow run.

        Args:
            well: whether the sweep ended well, as MLflow is told.
        """
        self.screen.close()
        about = {
            "metric": self._sweep.metric, "well": well, "sweep": asdict(self._common),
            "jobs": [asdict(job) for job in self.ended],
        }  # fmt: skip
        write_json(self._sweep.folder / JOBS, about)
        words = [str(SUMMARY), str(self._sweep.folder)]
        variables = context.variables() | self._run.to_environ()
        sys.stdout.flush()
        self._process(words, variables, (0, 1, 2)).wait()

    def next_ended(self) -> Ended:
        """Wait until one of the jobs that run has ended, and print its line."""
        while True:
            for job in self._running:
                if job.process.poll() is not None:
                    self._running.remove(job)
                    ended = self._ended(job)
                    self.screen.end(ended)
                    self.ended.append(ended)
                    return ended
            time.sleep(LOOK)

    def _ended(self, job: _Running) -> Ended:
        folder, status = self._sweep.folder / str(job.asked.number), job.process.wait()
        result, seconds = sweep_job.told(folder), time.monotonic() - job.begin
        run, record = (result["run"], dict(result["record"])) if result else ("", {})
        error = _last_line(folder / LOG, status) if status else ""
        if status:
            outcome = "refused" if record.get("refused") else "failed"
        else:
            outcome = "finished" if run else "cached"
        return Ended(job.asked, outcome, seconds, run, record, error)

    def _process(
        self, words: list[str], variables: dict[str, str], streams: Sequence[int]
    ) -> "subprocess.Popen[bytes] | backend.Fork":
        if self._common.warm:
            request: Request = {
                "words": words, "environment": variables, "folder": str(paths.ROOT),
            }  # fmt: skip
            try:
                return backend.Fork(self._common.warm, request, streams)
            except (OSError, ValueError):
                pass  # there is none to be had
        stdin, stdout, stderr = streams
        return subprocess.Popen(
            [sys.executable, *words],
            stdin=stdin, stdout=stdout, stderr=stderr, env=variables, cwd=paths.ROOT,
        )  # fmt: skip


def _last_line(log: Path, status: int) -> str:
    """Return what a job that failed has said last."""
    lines = log.read_text(encoding="utf-8", errors="backslashreplace").splitlines()
    said = next((line for line in reversed(lines) if line.startswith("error: ")), "")
    return said.removeprefix("error: ") or f"ended with status {status}; its log: {shown(log)}"
