"""All that a store holds: its catalogs, their versions, and what of these cannot be read."""

from dataclasses import dataclass
from typing import Self

from pipeline.store import verdicts
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
        """Return the versions that an alias means, and the newest of each artifact.

        The newest verdict on a table is no such version: it is needed as long as the table is.
        """
        named = []
        for catalog in self.catalogs:
            own = [version for owner, version in self.versions if owner is catalog]
            for name in catalog.names():  # the newest too, or its number is given again
                aliases = catalog.aliases(name).items()
                numbers = {number for word, number in aliases if not verdicts.is_alias(word)}
                numbers.update(catalog.versions(name)[-1:])
                named += [v for v in own if v.name == name and v.version in numbers]
        return named

    def verdicts(self) -> dict[str, set[tuple[str, str]]]:
        """Return the newest verdicts on tables, name and digest, by the aliases they have."""
        found: dict[str, set[tuple[str, str]]] = {}
        for catalog in self.catalogs:
            numbers = [(name, word, number) for name in catalog.names()
                       for word, number in catalog.aliases(name).items()
                       if verdicts.is_alias(word)]  # fmt: skip
            own = {(v.name, v.version): v for owner, v in self.versions if owner is catalog}
            for name, word, number in numbers:
                if version := own.get((name, number)):
                    found.setdefault(word, set()).add((version.name, version.digest))
        return found
