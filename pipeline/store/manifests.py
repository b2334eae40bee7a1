"""The manifests in one folder or object store: which versions there are, each held against its key.

What lies under a version's key and is not that version is damaged. It is never followed, and it
stops nobody who does not ask for it.
"""

from pathlib import Path

from pipeline.errors import InputError
from pipeline.store.objects import Objects
from pipeline.store.versions import NAME, Version, parse_reference, version_number


class DamagedManifestError(InputError):
    """What lies under a version's key is not that version; it is never followed."""


class Manifests:
    """The manifests below the path of one catalog; every method may raise as Catalog says."""

    def __init__(self, location: str | Path, catalog: str = "") -> None:
        """Take a folder or URL as objects.Objects does, and the path of the catalog."""
        self._objects = Objects(location)
        self.url = self._objects.url
        self.catalog = catalog

    @property
    def location(self) -> str:
        """The folder or URL."""
        return self._objects.url

    @property
    def folder(self) -> Path | None:
        """The folder that the store is, None for an object store."""
        return self._objects.folder

    def catalogs(self) -> list[str]:
        """Return the other catalogs that lie beside this one: those of W&B projects."""
        keys = self._objects.keys("wandb")
        return sorted({"/".join(key.split("/")[:3]) for key in keys})

    def names(self) -> list[str]:
        """Return the names of all artifacts that have a version, sorted."""
        return sorted(filter(NAME.fullmatch, self._folders()))

    def misnamed(self) -> list[str]:
        """Return a line for each folder of versions whose name no artifact can have."""
        return [
            f"artifact store {self.url}: {self._key('versions', name)!r} is damaged (no artifact "
            "can have this name); delete it"
            for name in sorted(self._folders())
            if not NAME.fullmatch(name)
        ]

    def _folders(self) -> set[str]:
        above = self._key("versions")
        keys = (key.removeprefix(f"{above}/") for key in self._objects.keys(above))
        return {key.rpartition("/")[0] for key in keys if "/" in key and key.endswith(".json")}

    def versions(self, name: str) -> list[int]:
        """Return the numbers of the artifact's versions, ascending; none when it is unknown."""
        above = self._key("versions", parse_reference(f"{name}:latest")[0])
        keys = (key.removeprefix(f"{above}/") for key in self._objects.keys(above))
        numbers = (version_number(key.removesuffix(".json")) for key in keys)
        return sorted(number for number in numbers if number is not None)

    def all_versions(self, name: str) -> tuple[list[Version], list[str]]:
        """Return the artifact's versions, ascending, and a line for each that is damaged."""
        versions, damaged = [], []
        for number in self.versions(name):
            try:
                version = self._manifest(name, number)
                versions += [version] if version else []
            except DamagedManifestError as error:
                damaged.append(str(error))
        return versions, damaged

    def _manifest(self, name: str, number: int | None) -> Version | None:
        key = self._key("versions", name, f"v{number}.json")
        text = None if number is None else self._objects.read(key)
        try:
            version = None if text is None else Version.from_json(text)
            if version and (version.name, version.version) != (name, number):
                raise ValueError(f"it is that of {version.reference!r}")
            return version
        except ValueError as error:
            raise DamagedManifestError(
                f"artifact store {self.url}: {key} is damaged ({error}); delete it and run the "
                f"step that made {name} again"
            ) from error

    def _undamaged(self, name: str, number: int | None) -> Version | None:
        """Return a version, None when it is not there or damaged: then it is made again."""
        try:
            return self._manifest(name, number)
        except DamagedManifestError:
            return None

    def _key(self, *parts: str) -> str:
        """Return where the catalog keeps something."""
        return "/".join(filter(None, (self.catalog, *parts)))

    def _manifest_key(self, version: Version) -> str:
        return self._key("versions", version.name, f"v{version.version}.json")

    def _number(self, key: str) -> int | None:
        """Return the version number that an alias or digest entry holds."""
        text = self._objects.read(key)
        return None if text is None else version_number(text.decode("ascii", "replace"))
