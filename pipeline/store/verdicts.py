"""What check_data said of a table: a verdict is an artifact, found by the table's digest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from pipeline.errors import InputError
from pipeline.store.catalog import Catalog
from pipeline.store.versions import Version


class Verdict(TypedDict):
    """The metadata of a verdict: the reason is None for a table that passed.

    `override` is the reason for which a table that failed is to be used all the same.
    """

    reason: str | None
    override: str | None


def alias(digest: str) -> str:
    """Return the alias that the newest verdict on a table has; aliases are short in W&B."""
    return f"table-{digest[:32]}"


def used_although(table: str, reason: str | None, override: str | None) -> str:
    """Return the sentence for a table that is used although it was refused."""
    return f"{table} is used although check_data refused it ({reason}): {override}"


def is_alias(word: str) -> bool:
    """Say whether an alias means the newest verdict on a table."""
    return word.startswith("table-")


@dataclass
class Trail:
    """The verdicts on what artifacts were made from, up to the first one on each way back.

    Attributes:
        refused: reference of a table → its verdict, for those that check_data refused.
        unchecked: references of the tables, or of what is the oldest that is kept, that no
            verdict was found for on the whole way.
        followed: the references by which verdicts were looked for, there or not.
    """

    refused: dict[str, Verdict] = field(default_factory=dict)
    unchecked: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)

    def standing(self, override: object) -> list[str]:
        """Return the tables that were refused, and nobody has said why they are to be used."""
        return [table for table, verdict in self.refused.items()
                if override is None and verdict["override"] is None]  # fmt: skip

    def require(self, override: str | None) -> list[str]:
        """Return what a reader should know: tables that are used although, or never checked.

        Args:
            override: a reason to use them all the same.

        Raises:
            InputError: a table was refused, and nobody said why it is to be used.
        """
        for table in self.standing(override):
            raise InputError(
                f"check_data refused {table}: {self.refused[table]['reason']}; mend the table or "
                "its checks and run check_data again, or give the reason why it is to be used all "
                "the same: data.checks.override=REASON"
            )
        overridden = [
            used_although(table, verdict["reason"], override or verdict["override"])
            for table, verdict in self.refused.items()
        ]
        return overridden + [
            f"{table} was never checked; check_data does" for table in self.unchecked
        ]


def trail(
    store: Catalog,
    artifact: str,
    versions: Iterable[Version],
    fresh: Mapping[str, str] | None = None,
) -> Trail:
    """Follow artifacts back to the tables that check_data has seen.

    Args:
        store: where they are.
        artifact: name of the verdicts.
        versions: what is to be used.
        fresh: artifact name → digest of what this run has just made or taken again; a verdict
            among them is newer than what an alias says.
    """
    found = Trail()
    latest = store.same(artifact, fresh[artifact]) if fresh and artifact in fresh else None
    waiting = [(v.name, v.digest, v.reference, v.reference) for v in versions]
    seen = set()
    while waiting:
        name, digest, table, used = waiting.pop(0)
        if (name, digest) in seen:
            continue
        seen.add((name, digest))
        verdict = _newest(store, artifact, digest, latest, found)
        version = None if verdict else store.same(name, digest)
        if verdict:
            if verdict["reason"]:
                found.refused[table] = verdict
        elif version and version.inputs:
            waiting += [(source["name"], source["digest"], f"{source['name']}:v{source['version']}",
                         used) for source in version.inputs]  # fmt: skip
        elif used not in found.unchecked:
            found.unchecked.append(used)
    return found


def _newest(
    store: Catalog, artifact: str, digest: str, latest: Version | None, found: Trail
) -> Verdict | None:
    """Return the newest verdict on a table; None if there is none."""
    reference = f"{artifact}:{alias(digest)}"
    found.followed.append(reference)
    of_latest = latest and latest.metadata.get("table") == digest
    version = latest if of_latest else store.find(reference)
    if version is None:
        return None
    metadata = version.metadata
    return Verdict(reason=metadata["reason"], override=metadata["override"])
