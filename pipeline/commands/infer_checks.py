"""main.action=infer_checks: read a new table as the pipeline will, and write a first config."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from pipeline import paths
from pipeline.cache.external_files import local_file
from pipeline.commands import column_roles
from pipeline.commands.infer import page
from pipeline.commands.infer.proposals import Proposal
from pipeline.commands.infer.tables import are_set, read
from pipeline.commands.job import Job
from pipeline.config.preprocess import Read
from pipeline.config.schema import Data
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.store.digests import file_sha256
from pipeline.store.versions import parse_reference
from pipeline.tables.column_kinds import suggested_task
from pipeline.tables.external_tables import FORMATS, PACKED

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
    target = config.data.target if "data.target" in keys else None
    found = read(job, keys, target)
    raw, table = found.raw, found.table
    digest = file_sha256(file) if (file := local_file(url, paths.ROOT)) else None
    settings = {"file_url": url, "sha256": digest, "description": f"The table {name}"}
    settings |= _read(config.data, keys, found.reading["settings"])
    said = [line for line in found.reading["said"] if not _is_decided(line, found.proposal)]
    about = (settings, target, _reference(config.data, name), said)
    text = column_roles.config(table, *about, found.proposal)
    write_text(path, text)
    looks = paths.ROOT / "outputs" / "profiles" / f"{name}.html"
    looks.parent.mkdir(parents=True, exist_ok=True)
    write_text(looks, page.render(raw, name, target, found.proposal, said))
    rest = _model(table, target) if target else " data.target=COLUMN"
    return (
        f"wrote {config_name}: {raw.num_columns} columns of {raw.num_rows:,} rows; edit it, "
        f"then run python main.py data={name}{rest}\n"
        f"what is in it: {looks.relative_to(paths.ROOT)}"
    )


def _model(table: pa.Table, target: str) -> str:
    """Return what a command says besides of the model, where it is not the one of config.yaml."""
    number = suggested_task(table[target]) == "regression"
    return " model=random_forest_regressor" if number else ""


def _is_decided(line: str, proposal: Proposal) -> bool:
    """Say whether a line is on spellings of "missing" that the proposal takes for such."""
    words = re.search(r"data\.read\.missing=\[(.*?)\]", line)
    mapped = {word for values in proposal.settings.get("map", {}).values() for word in values}
    return words is not None and {*words[1].split(",")} <= mapped


def _read(data: Data, keys: set[str], found: Mapping[str, object]) -> dict[str, Any]:
    """Return `read` of the config: what an override says, else what was found out of the file."""
    said, plain = asdict(data.read) if are_set("data.read", keys) else {}, asdict(Read())
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
