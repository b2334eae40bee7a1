"""main.action=infer_checks: read a new table as the pipeline will, and write a first config."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from pipeline import paths
from pipeline.cache.external_files import local_file
from pipeline.commands import column_roles
from pipeline.commands.job import Job
from pipeline.config import steps
from pipeline.config.preprocess import Read
from pipeline.config.schema import Data
from pipeline.context import RunContext, variables
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.store.artifacts import Store
from pipeline.store.digests import file_sha256
from pipeline.store.versions import parse_reference
from pipeline.tables import table_files
from pipeline.tables.external_tables import FORMATS, PACKED
from pipeline.tracking.record import read_record

LOOKS_AT = "sample_artifact"  # the parameter by which a step is the one that checks
WORDS = ("null", "true", "false", "nan", "inf")  # that Hydra takes for something else


def write(job: Job) -> str:
    """Write conf/data/<name>.yaml from the table at data.file_url.

    Args:
        job: its config; what its overrides do not set is about another dataset.

    Returns:
        A line that says what was written and what to do next.

    Raises:
        InputError: the config is there already, the target is no column, or the table cannot be
            read.
    """
    config, url = job.config, job.config.data.file_url
    keys = {word.partition("=")[0].lstrip("+") for word in job.overrides}
    name = _name(url)
    path = paths.ROOT / "conf" / "data" / f"{name}.yaml"
    config_name = path.relative_to(paths.ROOT)
    if path.exists():
        raise InputError(f"infer_checks: {config_name} is there already; delete or rename it first")
    table, reading = _table(job, keys)
    target = config.data.target if "data.target" in keys else None
    if target is not None and target not in table.column_names:
        raise InputError(
            f"data.target={target}: {url} has no such column; it has "
            f"{', '.join(table.column_names)}"
        )
    digest = file_sha256(file) if (file := local_file(url, paths.ROOT)) else None
    settings = {"file_url": url, "sha256": digest, "description": f"The table {name}"}
    settings |= _read(config.data, keys, reading["settings"])
    about = (settings, target, _reference(config.data, name), reading["said"])
    write_text(path, column_roles.config(table, *about))
    rest = "" if target else " data.target=COLUMN"
    return (
        f"wrote {config_name}: {table.num_columns} columns of {table.num_rows:,} rows; edit it, "
        f"then run python main.py data={name}{rest}"
    )


def _read(data: Data, keys: set[str], found: Mapping[str, object]) -> dict[str, Any]:
    """Return `read` of the config: what an override says, else what was found out of the file."""
    said, plain = asdict(data.read) if _are_set("data.read", keys) else {}, asdict(Read())
    read = {**found, **{key: value for key, value in said.items() if value != plain[key]}}
    return {"read": read} if read else {}


def _reference(data: Data, name: str) -> str | None:
    """Return a reference of the dataset's own: that of another one would be another table."""
    if not data.reference:
        return None
    artifact = parse_reference(data.reference)[0]
    if artifact.endswith(f".{data.format}"):
        artifact = artifact.removesuffix(data.format) + "${data.format}"
    return f"{artifact}:reference_{name}"


def _name(url: str) -> str:
    """Return what a dataset from this address can be called: data=NAME."""
    path = unquote(urlsplit(url).path) if "://" in url else url.rpartition(":")[2]
    name = Path(path).name
    for suffix in (*PACKED, *FORMATS):
        name = re.sub(f"{re.escape(suffix)}$", "", name, flags=re.IGNORECASE)
    name = re.sub("[^A-Za-z0-9_]+", "_", name).strip("_")
    plain = name[:1].isalpha() and name.lower() not in WORDS
    return name if plain else f"table_{name}".rstrip("_")


def _are_set(part: str, keys: set[str]) -> bool:
    """Say whether an override sets a key, or one below it."""
    return any(key == part or key.startswith(f"{part}.") for key in keys)


def _table(job: Job, keys: set[str]) -> tuple[pa.Table, dict[str, Any]]:
    """Return the table that the checks would see, made in a store that is gone afterwards.

    And the `settings` by which the file was read, and what was `said` of that.

    The steps before the checks run as they are, so that every address that they take is taken.
    """
    with TemporaryDirectory(prefix="infer_checks_") as folder:
        scratch = Path(folder)
        reading: dict[str, Any] = {"settings": {}, "said": []}
        for step, values in job.config.steps.items():
            if LOOKS_AT in values:
                store = Store(scratch / "artifacts")
                version = store.get(values[LOOKS_AT])
                path = store.download(version, scratch / "table")
                return table_files.read(path, version.metadata), reading
            own_keys = {"data.file_url", *keys}
            sources = {name: job.origin.of("steps", step, name) for name in values}
            foreign = {
                n for n, s in sources.items() if s.startswith("data.") and not _are_set(s, own_keys)
            }
            made = _run(
                step,
                {n: None if n in foreign else v for n, v in values.items()},
                scratch,
                job.context,
            )
            for artifact in made:
                version = Store(scratch / "artifacts").get(f"{artifact['name']}:latest")
                reading = version.metadata.get("read", reading)
    raise InputError(f"infer_checks: no step has the parameter {LOOKS_AT}; give one in steps")


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
