"""All that a store holds: its catalogs, their versions, and what of these cannot be read."""

from dataclasses import dataclass
from typing import Self

from pipeline.store.artifacts import Store
from pipeline.store.versions import Version


@dataclass(frozen=True)
class Stock:
    """The catalogs of a store, their versions, and a line for each that is damaged."""

    catalogs: list[Store]
    versions: list[tuple[Store, Version]]
    damaged: list[str]

    @classmethod
    def of(cls, store: Store) -> Self:
        """Read the manifests of a store and of the W&B projects beside it."""
        catalogs = [store, *(Store(store.location, catalog) for catalog in store.catalogs())]
        stock = cls(catalogs, [], [])
        for catalog in catalogs:
            stock.damaged.extend(catalog.misnamed())
            for name in catalog.names():
                versions, damaged = catalog.all_versions(name)
                stock.versions.extend((catalog, version) for version in versions)
                stock.damaged.extend(damaged)
        return stock

    def named(self) -> list[Version]:
        """Return the versions that an alias means, and the newest of each artifact."""
        named = []
        for catalog in self.catalogs:
            own = [version for owner, version in self.versions if owner is catalog]
            for name in catalog.names():  # the newest too, or its number is given again
                numbers = {*catalog.versions(name)[-1:], *catalog.aliases(name).values()}
                named += [v for v in own if v.name == name and v.version in numbers]
        return named
