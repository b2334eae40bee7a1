"""What a step's record and its W&B run say of it: never the path of a YAML file."""

import subprocess
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from pipeline import paths
from pipeline.config import yaml_text
from pipeline.context import RunContext
from pipeline.text.masking import hidden
from pipeline.tracking.entities import parameters
from pipeline.tracking.entities.parameters import Handed
from pipeline.tracking.record import Record
from pipeline.tracking.recorder_client import WandbRun


def recorded(arguments: Namespace, handed: Handed | None) -> dict[str, object]:
    """Return a step's parameters with what their YAML files hold, secrets masked.

    Raises:
        InputError: such a file cannot be read.
    """
    if handed:
        return handed["parameters"]
    return hidden({name: _content(value) for name, value in vars(arguments).items()})


def _content(value: object) -> object:
    is_file = isinstance(value, str) and value.endswith((".yaml", ".yml")) and Path(value).is_file()
    return yaml_text.read(str(value)) if is_file else value


def wandb_run(record: Record, context: RunContext, handed: Handed | None) -> WandbRun:
    """Return the W&B run of a step: its arguments are its config, and their names in ours too."""
    assert record.wandb_run
    arguments = {n: v for n, v in record.parameters.items() if not isinstance(v, Mapping | list)}
    named = handed["config"] if handed else parameters.flat(record.parameters)
    return {
        "id": record.wandb_run, "project": context.project, "group": context.group,
        "job_type": record.step, "name": record.step, "notes": context.notes or _commit(),
        "config": arguments | parameters.tree(named), "tags": handed["tags"] if handed else [],
    }  # fmt: skip


def _commit() -> str | None:
    """Return the commit that the code is at, with `-dirty` if it has changed since."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return None
    return f"commit {done.stdout.strip()}"
