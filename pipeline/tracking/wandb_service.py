"""The recorder's side of a W&B project: which versions it holds, and their files.

W&B decides about numbers and aliases. What it says is written to a catalog of the artifact store
(`wandb/<entity>/<project>`), which steps then read as any other. A version is known whole from its
metadata: there lie the SHA-256 of its files and what it was made from.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import wandb
from wandb.sdk.lib.service.service_connection import WandbApiFailedError

from pipeline import paths
from pipeline.context import RunContext, variables
from pipeline.network import within
from pipeline.store.artifacts import Store
from pipeline.store.versions import Version, content_digest, describe_files
from pipeline.tracking.wandb_artifact import FIELDS, METADATA_KEY, artifact_of, facts_of, number_of

Result = TypeVar("Result")
# What W&B's client raises when the service fails.
FAILURES = (wandb.Error, OSError, ValueError, WandbApiFailedError)


class Service:
    """A W&B project over its public API.

    Every method raises what W&B's client raises: wandb.Error, ValueError, OSError.
    """

    def __init__(self, project: str, context: RunContext) -> None:
        """Ask the service for the default entity, which shows that it answers."""
        self.api = wandb.Api(timeout=context.timeout)
        self.timeout = context.timeout
        self._wait = context.upload_timeout
        # default_entity asks without an end if the service is down
        entity = within(context.timeout, lambda: self.api.default_entity)
        self.path = f"{entity}/{project}"
        self.catalog = f"wandb/{self.path}"
        self._store = Store(context.artifact_store, self.catalog)
        self._known: dict[str, wandb.Artifact] = {}  # name:vN → W&B's artifact

    def find(self, name: str, alias: str) -> int | None:
        """Return the number of the version that a reference means, None when there is none."""
        artifact = self._artifact(f"{name}:{alias}")
        if artifact is None:
            return None
        version = self._version(name, artifact)
        self._store.mirror(version)
        if alias != f"v{version.version}":
            self._store.set_alias(version.reference, alias)
        return version.version

    def holds(self, name: str, number: int, digest: str) -> bool:
        """Whether the project has that version, with that content."""
        artifact = self._artifact(f"{name}:v{number}")
        return artifact is not None and self._version(name, artifact).digest == digest

    def set_alias(self, name: str, number: int, alias: str) -> None:
        """Let an alias mean a version."""
        artifact = self._there(name, number)
        if alias not in artifact.aliases:
            artifact.aliases.append(alias)
            artifact.save()

    def log(self, run: wandb.Run, text: str, path: str) -> int:
        """Log an output of the run and wait for it; return the number that W&B gave it."""
        draft = Version.from_json(text)
        logged = run.log_artifact(artifact_of(draft, Path(path))).wait(self._wait)
        if facts_of(logged).get("digest", draft.digest) != draft.digest:
            # The same bytes with other column types: for W&B the same, unless a file tells.
            apart = artifact_of(draft, Path(path), apart=True)
            logged = run.log_artifact(apart).wait(self._wait)
        number = number_of(logged)
        self._known[f"{draft.name}:v{number}"] = logged
        return number

    def remember(self, version: Version, artifact: wandb.Artifact) -> None:
        """Note which number W&B gave to a version of another catalog."""
        self._store.mirror(replace(version, version=number_of(artifact)))

    def fetch(self, name: str, number: int) -> None:
        """Bring the files of a version into the artifact store."""
        artifact = self._there(name, number)
        version = self._version(name, artifact)
        self._with_files(artifact, lambda folder: self._store.restore(version, folder))

    def use(self, run: wandb.Run, reference: str) -> None:
        """Record in the run that it used a version."""
        run.use_artifact(f"{self.path}/{reference}")

    def _there(self, name: str, number: int) -> wandb.Artifact:
        artifact = self._artifact(f"{name}:v{number}")
        if artifact is None:
            raise ValueError(f"{name}:v{number} is gone from {self.path}")
        return artifact

    def _artifact(self, reference: str) -> wandb.Artifact | None:
        if reference in self._known:
            return self._known[reference]
        try:
            artifact = self.api.artifact(f"{self.path}/{reference}")
        except (wandb.errors.CommError, ValueError) as error:
            if "not found" in str(error):
                return None
            raise
        return artifact if artifact.state == "COMMITTED" else None

    def _version(self, name: str, artifact: wandb.Artifact) -> Version:
        """Return what a W&B artifact is, its files read if it was not made by this pipeline."""
        metadata, fields = dict(artifact.metadata), facts_of(artifact)
        metadata.pop(METADATA_KEY, None)
        about = {"name": name, "version": number_of(artifact), "type": artifact.type,
                 "description": artifact.description or "", "metadata": metadata}  # fmt: skip
        if fields:
            own = {key: fields.get(key) for key in (*FIELDS, "files", "inputs")}
            return Version.of(about | own)
        return self._with_files(artifact, lambda folder: _describe(about, folder))

    def _with_files(self, artifact: wandb.Artifact, work: Callable[[Path], Result]) -> Result:
        paths.WORK.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=paths.WORK, prefix="wandb_") as folder:
            # W&B repeats a download that fails for twenty minutes
            within(self._wait, lambda: artifact.download(root=folder, skip_cache=True))
            return work(Path(folder))


def error_line(error: BaseException) -> str:
    """Return an error's text as one line, without the key."""
    line = " ".join(str(error).split())[:300] or type(error).__name__
    key = variables().get("WANDB_API_KEY")
    return line.replace(key, "***") if key else line


def _describe(about: dict[str, Any], folder: Path) -> Version:
    files = tuple(describe_files(folder))
    return Version(**about, files=files, digest=content_digest(files, about["metadata"]))
