"""Which versions and aliases of artifacts there are, without their bytes.

    versions/<name>/v3.json      a version's manifest: its files, metadata and origin
    digests/<name>/<digest>      which version holds this content ("v3")
    aliases/<name>/<alias>       which version an alias means ("v3")

A manifest is written only if no other writer has its number: this one write is the commit.
What comes after it can be lost and is made good by the next commit of the same content. An
alias is the last writer's. A store can hold more than one catalog over the same files, each below
a path of its own: the store's own numbers are not those of a W&B project.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from pipeline.errors import InputError, near
from pipeline.store.manifests import Manifests
from pipeline.store.versions import Version, checked_alias, parse_reference, version_number

SHOWN = 20  # names or versions that a message lists


class Catalog(Manifests):
    """The manifests and aliases in one folder or object store.

    Every method raises InputError when the store itself cannot be read or written, and for a
    name, alias or reference that is not well formed.
    """

    def get(self, reference: str) -> Version:
        """Return the version a reference means; InputError says what there is instead."""
        name, alias = parse_reference(reference)
        return self._lookup(name, alias) or self._refuse(name, alias)

    def find(self, reference: str) -> Version | None:
        """Return the version a reference means, None when there is none."""
        return self._lookup(*parse_reference(reference))

    def exists(self, reference: str) -> bool:
        """Say whether the reference means a version."""
        return self.find(reference) is not None

    def aliases(self, name: str) -> dict[str, int]:
        """Return the artifact's aliases and the versions they mean; none when it is unknown."""
        folder = self._key("aliases", parse_reference(f"{name}:latest")[0])
        keys = sorted(self._objects.keys(folder))
        numbers = {key.split("/")[-1]: self._number(key) for key in keys}
        return {alias: number for alias, number in numbers.items() if number is not None}

    def set_alias(self, reference: str, alias: str) -> None:
        """Let an alias mean the version that the reference means now."""
        version = self.get(reference)
        self._aim(checked_alias(version.name, alias), version)

    def same(self, name: str, digest: str) -> Version | None:
        """Return the version of the artifact that has this content, whatever its number."""
        version = self._manifest(name, self._number(self._key("digests", name, digest)))
        return version if version is not None and version.digest == digest else None

    def take(self, version: Version, aliases: Iterable[str] = ()) -> Version:
        """Take a version of another catalog over the same files, with a number of this one."""
        copy = self._commit(version)
        for alias in aliases:
            self._aim(checked_alias(copy.name, alias), copy)
        return copy

    def mirror(self, version: Version) -> None:
        """Take a version that another place has numbered; its number means nothing else here."""
        earlier = self._undamaged(version.name, version.version)
        if earlier is None or earlier.digest != version.digest:
            self._objects.write(self._manifest_key(version), version.to_json().encode())
        self._point(self._key("digests", version.name, version.digest), version)

    def remove(self, version: Version) -> None:
        """Remove a version, but not its files."""
        self._objects.delete(self._manifest_key(version))
        index = self._key("digests", version.name, version.digest)
        if self._number(index) == version.version:
            self._objects.delete(index)

    def alias_file(self, reference: str) -> tuple[Path, str | None]:
        """Return where a store that is a folder keeps an alias, and the version it means."""
        assert self.folder is not None
        name, alias = parse_reference(reference)
        path = self.folder / self._key("aliases", name, alias)
        return path, path.read_text(encoding="utf-8") if path.exists() else None

    def _commit(self, version: Version) -> Version:
        """Write the manifest under the first free number, unless a version has this content."""
        known = self._number(self._key("digests", version.name, version.digest))
        if (earlier := self._undamaged(version.name, known)) and earlier.digest == version.digest:
            return earlier
        # From the newest on, not after it: another writer may just have committed the same.
        number = max(self.versions(version.name), default=0)
        while True:
            candidate = replace(version, version=number)
            if self._objects.create(self._manifest_key(candidate), candidate.to_json().encode()):
                break
            other = self._undamaged(version.name, number)
            if other is not None and other.digest == version.digest:
                candidate = other
                break
            number += 1
        self._point(self._key("digests", version.name, version.digest), candidate)
        return candidate

    def _aim(self, alias: str, version: Version) -> None:
        self._point(self._key("aliases", version.name, alias), version)

    def _lookup(self, name: str, alias: str) -> Version | None:
        number = version_number(alias)
        if number is None:
            number = self._number(self._key("aliases", name, alias))
        return self._manifest(name, number)

    def _point(self, key: str, version: Version) -> None:
        self._objects.write(key, f"v{version.version}".encode())

    def _refuse(self, name: str, alias: str) -> NoReturn:
        versions = [f"v{number}" for number in self.versions(name)]
        if versions:
            raise InputError(
                f"artifact {name} in {self.url} has no {alias}; its versions: "
                f"{_join(versions)}; its aliases: {_join(self.aliases(name))}"
            )
        names = self.names()
        stock = f"it holds {_join(names)}" if names else "it is empty"
        stock = f"{near(name, names)} {stock}".strip()
        raise InputError(
            f"no artifact {name} in {self.url}; {stock}; run the step that makes {name} first"
        )


def _join(words: Iterable[str]) -> str:
    items = list(words)
    return ", ".join(["...", *items[-SHOWN:]] if len(items) > SHOWN else items) or "none"
