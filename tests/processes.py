"""Processes that tests start: how they end, what they find in their environment."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.context import HANDED, RunContext

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(__file__).with_name("programs")  # what tests run in processes of their own


@dataclass
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The last line on standard error, or of the step's log lines on standard output."""
        lines = [line for line in (self.out + self.err).splitlines() if line.strip()]
        return next((line for line in reversed(lines) if "error" in line.lower()), "")


def clean_environment() -> dict[str, str]:
    """The environment without what a run of the pipeline, or pytest, may have set."""
    ours = ("MLFLOW_", "_MLFLOW_", "WANDB_", "PIPELINE_", "HYDRA_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"NETRC": os.devnull}  # a key in it would send what the tests do to W&B


def unrecorded(store: Path, record_folder: Path) -> RunContext:
    """What a step is handed that uses that store and that MLflow and W&B are not told of."""
    return RunContext(
        str(store), "disabled", 1, 1, "disabled", "p", record_folder=str(record_folder)
    )


def handed(context: RunContext) -> dict[str, str]:
    """Return the variable by which a step is given a context."""
    return {HANDED: json.dumps(asdict(context))}


def program(name: str, *words: object, **environment: str) -> Done:
    """Run a program of tests/programs on this repository, in a process of its own."""
    done = subprocess.run(
        program_words(name, *words),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def program_words(name: str, *words: object) -> list[str]:
    """Return the command of a program of tests/programs; it needs the root on PYTHONPATH."""
    return [sys.executable, str(PROGRAMS / name), *map(str, words)]
