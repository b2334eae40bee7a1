"""A new table as the pipeline will have it: its steps up to the checks run, recorded nowhere."""

import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from pipeline import paths
from pipeline.commands.infer.proposals import Proposal, proposed
from pipeline.commands.job import Job
from pipeline.config import steps
from pipeline.config.schema import Data
from pipeline.context import RunContext, variables
from pipeline.errors import InputError
from pipeline.store.artifacts import Store
from pipeline.tables import table_files
from pipeline.tracking.record import read_record

LOOKS_AT = "sample_artifact"  # the parameter by which a step is the one that checks
PREPARES = "data.preprocess"  # where the parameter is from by which a step prepares the rows


def are_set(part: str, keys: set[str]) -> bool:
    """Say whether an override sets a key, or one below it."""
    return any(key == part or key.startswith(f"{part}.") for key in keys)


@dataclass
class Found:
    """A table as its file has it and as the checks would see it, and what is known of it.

    Attributes:
        raw: as it was read.
        table: as preprocess made it.
        proposal: what preprocess did.
        reading: the `settings` by which the file was read, and what was `said` of that.
    """

    raw: pa.Table
    table: pa.Table
    proposal: Proposal
    reading: dict[str, Any]


def read(job: Job, keys: set[str], target: str | None) -> Found:
    """Return the table that the checks would see, made in a store that is gone afterwards.

    The steps before the checks run as they are, so that every address that they take is taken;
    but preprocess does what is proposed, where no override says otherwise.
    """
    with TemporaryDirectory(prefix="infer_checks_") as folder:
        scratch = Path(folder)
        reading: dict[str, Any] = {"settings": {}, "said": []}
        raw, proposal = None, Proposal()
        for step, values in job.config.steps.items():
            if LOOKS_AT in values:
                table = _latest(scratch, values[LOOKS_AT])
                return Found(table if raw is None else raw, table, proposal, reading)
            given = _given(job, step, keys)
            prepared = [n for n in values if job.origin.of("steps", step, n) == PREPARES]
            if prepared:
                raw = _latest(scratch, next(v for v in values.values() if _is_made(v, scratch)))
                _check_target(target, raw, job.config.data.file_url)
                proposal = _proposal(job.config.data, keys, proposed(raw, target))
                given |= dict.fromkeys(prepared, proposal.settings)
            for artifact in _run(step, given, scratch, job.context):
                version = Store(scratch / "artifacts").get(f"{artifact['name']}:latest")
                reading = version.metadata.get("read", reading)
    raise InputError(f"infer_checks: no step has the parameter {LOOKS_AT}; give one in steps")


def _given(job: Job, step: str, keys: set[str]) -> dict[str, object]:
    """Return the parameters of a step but for those that are about another dataset."""
    own_keys = {"data.file_url", *keys}
    values = job.config.steps[step]
    sources = {name: job.origin.of("steps", step, name) for name in values}
    foreign = {n for n, s in sources.items() if s.startswith("data.") and not are_set(s, own_keys)}
    return {n: None if n in foreign else v for n, v in values.items()}


def _is_made(reference: object, scratch: Path) -> bool:
    """Say whether it is an artifact that an earlier step has made."""
    known = isinstance(reference, str) and ":" in reference
    return known and Store(scratch / "artifacts").exists(str(reference))


def _latest(scratch: Path, reference: str) -> pa.Table:
    store = Store(scratch / "artifacts")
    version = store.get(reference)
    path = store.download(version, scratch / "tables" / version.name)
    return table_files.read(path, version.metadata)


def _check_target(target: str | None, table: pa.Table, url: str) -> None:
    if target is not None and target not in table.column_names:
        raise InputError(
            f"data.target={target}: {url} has no such column; it has "
            f"{', '.join(table.column_names)}"
        )


def _proposal(data: Data, keys: set[str], found: Proposal) -> Proposal:
    """Return the proposal with what overrides say of data.preprocess in its place."""
    said = asdict(data.preprocess)
    for key in (key for key in said if are_set(f"{PREPARES}.{key}", keys)):
        found.settings[key] = said[key]
        found.reasons[key] = ["as given"]
    return found


def _run(step: str, values: dict[str, object], scratch: Path, context: RunContext) -> list[Any]:
    """Run a step as a process, recorded nowhere else; return what is said of its outputs."""
    folder = scratch / step
    folder.mkdir()
    words = [f"--{name}={text}" for name, text in steps.parameters(step, values, folder).items()]
    apart = replace(
        context, artifact_store=str(scratch / "artifacts"), record_folder=str(folder),
        wandb_mode="disabled",
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(paths.ROOT / step / "run.py"), *words],
        env=variables() | apart.to_environ(), capture_output=True, text=True,
    )  # fmt: skip
    record = read_record(folder)
    if done.returncode == 0:
        return list(record.outputs) if record else []
    output = done.stdout + done.stderr
    if record is None or record.error is None or "Traceback" in output:
        raise RuntimeError(f"{step} ended with status {done.returncode}:\n{output}")
    raise InputError(f"infer_checks: {step}: {record.error}")
