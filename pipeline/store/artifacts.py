"""Artifacts by reference, `name:alias` or `name:vN`, in a folder or an object store.

Objects lie under their SHA-256 (`objects/ab/abcd.../<file name>`), the versions that are made
of them in a catalog beside them. A version's objects are written before its manifest: a write
that breaks off leaves at most objects that nothing refers to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.store.content import Content, object_key
from pipeline.store.drafts import Draft, Provenance, Publication
from pipeline.store.versions import (
    File,
    InputOf,
    Version,
    checked_alias,
    content_digest,
    parse_reference,
)

__all__ = ["File", "Store", "Version", "parse_reference"]


UNKNOWN = Provenance()


class Store(Content):
    """Versions of artifacts with their files in one folder or object store.

    Store(location, catalog) takes a folder, made at the first write, or a URL: s3://, gs://, az://,
    file:// or memory://, with credentials and endpoint as object_stores.client finds them.
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
        provenance: Provenance = UNKNOWN,
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
        stored = [(self._store_draft(draft, origin), draft.aliases) for draft in drafts]
        for version, aliases in stored:
            for alias in (*aliases, "latest"):
                self._move_alias(version, alias)
        return Publication(self.catalog, used, tuple(version for version, _ in stored))

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

    def _number_draft(self, draft: Version, path: Path) -> Version:
        """Commit a version whose files are stored, and lie at the path as well."""
        return self._commit(draft)

    def adopt(self, version: Version, other: "Store", aliases: Sequence[str] = ()) -> None:
        """Take a version from another store, with its number, and let the aliases mean it."""
        with TemporaryDirectory() as folder:
            path = other.download(version, Path(folder))
            for file in version.files:
                source = path if path.is_file() else path / file.path
                self._objects.upload(object_key(file), source)
        self._objects.create(self._manifest_key(version), version.to_json().encode())
        for alias in aliases:
            self._aim(checked_alias(version.name, alias), version)

    def paths(self, reference: str) -> list[Path]:
        """Return where a store that is a folder keeps a version: its manifest and its objects."""
        assert self.folder is not None
        version = self.get(reference)
        manifest = self.folder / self._manifest_key(version)
        return [manifest, *(self.folder / object_key(file) for file in version.files)]
