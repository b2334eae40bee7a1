"""Artifacts by reference, `name:alias` or `name:vN`, in a folder or an object store.

Objects lie under their SHA-256 (`objects/ab/abcd.../<file name>`), the versions that are made
of them in a catalog beside them. A version's objects are written before its manifest: a write
that breaks off leaves at most objects that nothing refers to.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import InputError
from pipeline.store.catalog import Catalog
from pipeline.store.digests import Digests
from pipeline.store.versions import (
    File,
    InputOf,
    Version,
    checked_alias,
    content_digest,
    describe_files,
    parse_reference,
)

__all__ = ["File", "Store", "Version", "parse_reference"]


@dataclass(frozen=True)
class Draft:
    """An artifact that is not stored yet: a file, or a folder with all files below it."""

    name: str
    path: Path
    type: str
    description: str
    metadata: dict[str, object]


@dataclass(frozen=True)
class Provenance:
    """What made an artifact: a step, the runs that recorded it by tracker, and its inputs."""

    step: str = ""
    run_ids: dict[str, str] = field(default_factory=dict)
    inputs: tuple[InputOf, ...] = ()


@dataclass(frozen=True)
class Publication:
    """What a step has read and made, as versions of one catalog."""

    catalog: str
    inputs: tuple[Version, ...]
    outputs: tuple[Version, ...]


class Store(Catalog):
    """Versions of artifacts with their files in one folder or object store.

    Store(location, catalog) takes a folder, made at the first write, or a URL: s3://, gs://, az://,
    file:// or memory://, with credentials and endpoint from the usual environment variables.
    """

    online = False  # whether a service decides about numbers and aliases

    def put(
        self,
        name: str,
        path: Path,
        type: str,  # noqa: A002 - the word that W&B and the steps' parameters use
        description: str = "",
        metadata: Mapping[str, object] | None = None,
        aliases: Sequence[str] = (),
        provenance: Provenance = Provenance(),
    ) -> Version:
        """Store a file, or a folder with all files below it; `latest` and the aliases move to it.

        Returns the new version, or the earlier one that has the same content (its files, and the
        `arrow_schema` of the metadata): then nothing but the aliases changes. Raises InputError
        when there is nothing at the path.
        """
        aliases = [checked_alias(name, alias) for alias in (*aliases, "latest")]
        draft = Draft(name, path, type, description, dict(metadata or {}))
        version = self._store_draft(draft, provenance)
        for alias in aliases:
            self._aim(alias, version)
        return version

    def publish(
        self, drafts: Iterable[Draft], inputs: Iterable[Version], provenance: Provenance
    ) -> Publication:
        """Store all outputs of a step; `latest` moves to them when all are there.

        Args:
            drafts: the outputs.
            inputs: what they were made from, versions of this store's catalog.
            provenance: by which step and runs.

        Returns:
            The outputs as versions; those with the content of an earlier version are that one.
        """
        used = tuple(inputs)
        lineage = tuple(InputOf(name=v.name, version=v.version, digest=v.digest) for v in used)
        origin = replace(provenance, inputs=lineage)
        outputs = tuple(self._store_draft(draft, origin) for draft in drafts)
        for version in outputs:
            self._move_alias(version, "latest")
        return Publication(self.catalog, used, outputs)

    def _store_draft(self, draft: Draft, provenance: Provenance) -> Version:
        files = self._upload(draft.path)
        version = Version(
            name=draft.name,
            version=0,
            type=draft.type,
            digest=content_digest(files, draft.metadata),
            files=files,
            description=draft.description,
            metadata=draft.metadata,
            inputs=provenance.inputs,
            step=provenance.step,
            run_ids=provenance.run_ids,
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        return self._number_draft(version, draft.path)

    def _move_alias(self, version: Version, alias: str) -> None:
        self._aim(alias, version)

    def has(self, file: File) -> bool:
        """Whether the bytes of a version's file are here."""
        return self._objects.holds(_object(file), file.size, file.sha256)

    def _number_draft(self, draft: Version, path: Path) -> Version:
        """Commit a version whose files are stored, and lie at the path as well."""
        return self._commit(draft)

    def restore(self, version: Version, folder: Path) -> None:
        """Store a version's files again from a folder that holds them.

        Raises:
            InputError: the folder has other files than the version.
        """
        sources = {file.path: (file, source) for file, source in describe_files(folder).items()}
        for file in version.files:
            source_file, source = sources.get(file.path, (None, folder))
            if source_file != file:
                raise InputError(
                    f"artifact {version.reference}: {file.path} is not what its version says "
                    f"(SHA-256 {file.sha256}); run the step that made it again"
                )
            self._objects.upload(_object(file), source)

    def download(self, version: Version, folder: Path) -> Path:
        """Write the version's files into the folder, each checked against its SHA-256.

        Returns the path of the only file, else the folder. Raises InputError when an object is
        missing or damaged; the folder then has none of the files.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder, prefix=".download-") as temporary:
                for file in version.files:
                    self._fetch(version, file, Path(temporary, file.path))
                for file in version.files:
                    target = folder / file.path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(Path(temporary, file.path), target)
        except OSError as error:
            raise InputError(f"cannot write {version.reference} to {folder}: {error}") from error
        only = version.files[0].path
        return folder / only if len(version.files) == 1 and "/" not in only else folder

    def adopt(self, version: Version, other: "Store", aliases: Sequence[str] = ()) -> None:
        """Take a version from another store, with its number, and let the aliases mean it."""
        with TemporaryDirectory() as folder:
            path = other.download(version, Path(folder))
            for file in version.files:
                source = path if path.is_file() else path / file.path
                self._objects.upload(_object(file), source)
        self._objects.create(self._manifest_key(version), version.to_json().encode())
        for alias in aliases:
            self._aim(checked_alias(version.name, alias), version)

    def fault(self, version: Version, digests: Digests) -> str | None:
        """Say what is wrong with the version's objects: "gone", "damaged", or None if nothing is.

        A folder's files are compared by their digests; an object store checks its own bytes.
        """
        for file in version.files:
            if self.folder is None:
                if not self.has(file):
                    return "gone"
                continue
            try:
                digest = digests.sha256(self.folder / _object(file))
            except OSError:
                return "gone"
            if digest != file.sha256:
                return "damaged"
        return None

    def key(self, file: File) -> str:
        """Return where a file of a version is kept."""
        return _object(file)

    def objects(self, before: datetime) -> list[tuple[str, int]]:
        """Return where files are kept that were written before that time, and their bytes."""
        entries = self._objects.entries("objects")
        return [(key, size) for key, size, written in entries if written < before]

    def delete(self, key: str) -> None:
        """Remove a file that no version holds."""
        self._objects.delete(key)

    def paths(self, reference: str) -> list[Path]:
        """Return where a store that is a folder keeps a version: its manifest and its objects."""
        assert self.folder is not None
        version = self.get(reference)
        manifest = self.folder / self._manifest_key(version)
        return [manifest, *(self.folder / _object(file) for file in version.files)]

    def _upload(self, path: Path) -> tuple[File, ...]:
        sources = describe_files(path)
        for file, source in sources.items():
            if not self.has(file):
                self._objects.upload(_object(file), source)
        return tuple(sources)

    def _fetch(self, version: Version, file: File, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            digest = self._objects.sha256(_object(file), copy)
        if digest == file.sha256:
            return
        again = f"run the step that made it again{f' ({version.step})' if version.step else ''}"
        if digest is None:
            fault = f"is missing in {self.url} (SHA-256 {file.sha256}); {again}"
        else:
            fault = (
                f"in {self.url} has SHA-256 {digest} instead of {file.sha256}; "
                f"delete {_object(file)} and {again}"
            )
        raise InputError(f"artifact {version.reference}: {file.path} {fault}")


def _object(file: File) -> str:
    return f"objects/{file.sha256[:2]}/{file.sha256}/{file.path.split('/')[-1]}"
