"""Runs from Python: start one, look one up."""

import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import paths
from pipeline.api import asked
from pipeline.commands.job import Job
from pipeline.comparison import about
from pipeline.config.overrides import quoted
from pipeline.errors import InputError
from pipeline.replay import runs
from pipeline.replay.manifest import FILE, Manifest

ERROR = "error: "


@dataclass(frozen=True)
class RunResult:
    """A run that has ended.

    Attributes:
        run: its id in MLflow; where earlier executions served for all steps, that of the run which
            made the last step's results.
        status: finished, cached, refused or failed.
        metrics: of the judged model by name, of every step by ``STEP/NAME``.
        steps: step → finished, cached or failed.
        folder: where its report, manifest and records are; None: it was made elsewhere.
    """

    run: str
    status: str
    metrics: Mapping[str, float]
    steps: Mapping[str, str]
    folder: Path | None


def run(overrides: str | Iterable[str] = (), echo: bool = True) -> RunResult:
    """Run the pipeline as ``python main.py OVERRIDES`` does, in a process of its own.

    What was done before is not done again. An interrupt ends the run as Ctrl-C does.

    Args:
        overrides: as on the command line, without a shell's quotes: ``["data.test_size=0.2"]``.
        echo: whether the run's output is printed.

    Raises:
        InputError: the line with which the run ended: what was asked for cannot be done, a step
            failed, or a table or the model was refused. ``find()`` has such a run.
    """
    words = asked.words(overrides)
    job = asked.job(words)
    if job.config.main.action != "run":
        raise InputError(f"main.action={job.config.main.action} makes no run; leave it out")
    last = _execute([*words, quoted("hydra.run.dir", str(job.folder))], echo)
    if last is not None:
        raise InputError(last)
    return _result(runs.read(job.folder), job.folder) if (job.folder / FILE).exists() else _hit(job)


def find(run: str = "latest") -> RunResult:
    """Return a run that is recorded.

    Args:
        run: the beginning of its id in MLflow, or ``latest``.

    Raises:
        InputError: there is no such run.
    """
    folder, manifest = runs.find(run)
    return _result(manifest, folder)


def _execute(words: list[str], echo: bool) -> str | None:
    """Run main.py; return None if it ended well, else the line that says why it did not."""
    last = ""
    with subprocess.Popen(
        [sys.executable, str(paths.ROOT / "main.py"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="backslashreplace",
        start_new_session=True,  # else Ctrl-C in a terminal would reach it twice
    ) as process:
        try:
            for line in process.stdout or ():
                last = line if line.startswith(ERROR) or not last.startswith(ERROR) else last
                if echo:
                    print(line, end="", flush=True)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.communicate()  # until it has ended
            raise
    return last.strip().removeprefix(ERROR) if process.returncode else None


def _result(manifest: Manifest, folder: Path | None) -> RunResult:
    steps = {step["step"]: step["status"] for step in manifest["steps"]}
    status = about.about(manifest).status
    return RunResult(manifest["run"], status, about.metrics(manifest), steps, folder)


def _hit(job: Job) -> RunResult:
    """Return what served for all steps of a job: no run was made for it."""
    with asked.cache(job) as cache:
        hits = [decision.hit for decision in cache.plan(job.steps)]
    executions = [hit for hit in hits if hit]
    if len(executions) < len(hits) or not executions:
        raise InputError("the run left no manifest: another one changed its results; run it again")
    records = [execution.record for execution in executions]
    folder = next(
        (f for f, m in runs.readable(paths.ROOT, []) if m["run"] == executions[-1].run), None
    )
    return RunResult(
        run=executions[-1].run,
        status="cached",
        metrics=about.metrics_of((r.step, r.metrics, r.outputs) for r in records),
        steps={record.step: "cached" for record in records},
        folder=folder,
    )
