"""The bytes of versions: objects under their SHA-256, `objects/ab/abcd.../<file name>`."""

import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import InputError
from pipeline.files import advice_on
from pipeline.store.catalog import Catalog
from pipeline.store.digests import Digests
from pipeline.store.versions import File, Version, describe_files


class Content(Catalog):
    """Versions of artifacts with their files, which lie beside the catalog."""

    def has(self, file: File) -> bool:
        """Whether the bytes of a version's file are here."""
        return self._objects.holds(object_key(file), file.size, file.sha256)

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
            self._objects.upload(object_key(file), source)

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
            line = f"cannot write {version.reference} to {folder}: {error}"
            raise InputError(f"{line}{advice_on(f'(os error {error.errno})')}") from error
        only = version.files[0].path
        return folder / only if len(version.files) == 1 and "/" not in only else folder

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
                digest = digests.sha256(self.folder / object_key(file))
            except OSError:
                return "gone"
            if digest != file.sha256:
                return "damaged"
        return None

    def key(self, file: File) -> str:
        """Return where a file of a version is kept."""
        return object_key(file)

    def objects(self, before: datetime) -> list[tuple[str, int]]:
        """Return where files are kept that were written before that time, and their bytes."""
        entries = self._objects.entries("objects")
        return [(key, size) for key, size, written in entries if written < before]

    def delete(self, key: str) -> None:
        """Remove a file that no version holds."""
        self._objects.delete(key)

    def _upload(self, path: Path) -> tuple[File, ...]:
        sources = describe_files(path)
        for file, source in sources.items():
            if not self.has(file):
                self._objects.upload(object_key(file), source)
        return tuple(sources)

    def _fetch(self, version: Version, file: File, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            digest = self._objects.sha256(object_key(file), copy)
        if digest == file.sha256:
            return
        again = f"run the step that made it again{f' ({version.step})' if version.step else ''}"
        if digest is None:
            fault = f"is missing in {self.url} (SHA-256 {file.sha256}); {again}"
        else:
            fault = (
                f"in {self.url} has SHA-256 {digest} instead of {file.sha256}; "
                f"delete {object_key(file)} and {again}"
            )
        raise InputError(f"artifact {version.reference}: {file.path} {fault}")


def object_key(file: File) -> str:
    """Return where a file of a version is kept."""
    return f"objects/{file.sha256[:2]}/{file.sha256}/{file.path.split('/')[-1]}"
