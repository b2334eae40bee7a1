"""A version of an artifact as W&B holds it: what else it is lies in the metadata."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import wandb

from pipeline.store.versions import Version

METADATA_KEY = "pipeline"  # the key of the metadata under which our own facts lie
FIELDS = ("digest", "step", "created")


def artifact_of(version: Version, path: Path, apart: bool = False) -> wandb.Artifact:
    """Return a W&B artifact, not logged yet, with the file or folder of a version.

    Args:
        version: what it is.
        path: where its file or folder lies.
        apart: add a file that tells it from others with the same bytes.
    """
    fields = {key: getattr(version, key) for key in FIELDS}
    fields |= {"files": [vars(file) for file in version.files], "inputs": list(version.inputs)}
    artifact = wandb.Artifact(
        name=version.name,
        type=version.type,
        description=version.description,
        metadata={**version.metadata, METADATA_KEY: fields},
    )
    if path.is_dir():
        artifact.add_dir(str(path))
    else:
        artifact.add_file(str(path))
    if apart:
        with artifact.new_file(".digest") as file:
            file.write(version.digest)
    return artifact


def facts_of(artifact: wandb.Artifact) -> Mapping[str, Any]:
    """Return what this pipeline noted about a W&B artifact; empty if it is another's."""
    fields = artifact.metadata.get(METADATA_KEY)
    return fields if isinstance(fields, Mapping) else {}


def number_of(artifact: wandb.Artifact) -> int:
    """Return 3 for W&B's v3."""
    return int(artifact.version.removeprefix("v"))
