"""What steps have done before, kept in the artifact store beside the artifacts.

    steps/<step>/<key>.json   the newest execution that ended well with this key
    steps/<step>/last         the key of the newest execution that ended well

each below the path of its catalog, because an execution names versions by their numbers.

An entry is written when the step's outputs are in the store and never before: a step that failed,
was stopped or was cut off has none.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.cache.step_key import StepKey
from pipeline.store.artifacts import Store
from pipeline.store.objects import Objects
from pipeline.tracking.record import ArtifactFacts, Record, artifact_facts


@dataclass(frozen=True)
class Execution:
    """An execution of a step that ended well: its key and its record."""

    key: StepKey
    record: Record
    finished: float  # seconds since 1970
    run: str  # the MLflow run of the whole, which it was a part of


class History:
    """The executions that a store knows of."""

    def __init__(self, store: Store, others: Sequence[str] = ()) -> None:
        """Take the store, and other catalogs of it whose executions are good here as well."""
        self._store = store
        self._objects = Objects(store.location)
        self._folders = [_folder(catalog) for catalog in (store.catalog, *others)]

    def find(self, step: str, digest: str) -> Execution | None:
        """Return the execution of a step with this key.

        One from another catalog serves if everything it names is in this one.
        """
        for folder in self._folders:
            if execution := self._read(folder, step, digest):
                return self._renumber(execution)
        return None

    def last(self, step: str) -> Execution | None:
        """Return the newest execution of a step, whatever its key and its numbers."""
        for folder in self._folders:
            digest = (self._objects.read(f"{folder}/{step}/last") or b"").decode("ascii", "replace")
            if re.fullmatch("[0-9a-f]{64}", digest):
                return self._read(folder, step, digest)
        return None

    def _read(self, folder: str, step: str, digest: str) -> Execution | None:
        text = self._objects.read(f"{folder}/{step}/{digest}.json")
        execution = None if text is None else _from_json(text)
        # What another key or step made is never followed.
        own = execution and (execution.record.step, execution.key.digest) == (step, digest)
        return execution if own else None

    def add(self, execution: Execution) -> None:
        """Keep an execution, if everything it names is in this catalog."""
        renumbered = self._renumber(execution)
        if renumbered is None:
            return
        execution = renumbered
        step, digest = execution.record.step, execution.key.digest
        text = json.dumps(asdict(execution), indent=1, ensure_ascii=False, default=str)
        self._objects.write(f"{self._folders[0]}/{step}/{digest}.json", text.encode())
        self.point(step, digest)

    def serve(self, execution: Execution) -> None:
        """Make an earlier execution the newest; copy it here if another catalog holds it."""
        step, digest = execution.record.step, execution.key.digest
        if self._read(self._folders[0], step, digest) is None:
            self.add(execution)
        else:
            self.point(step, digest)

    def point(self, step: str, digest: str) -> None:
        """Let the newest execution be the one with this key: a hit counts as one."""
        self._objects.write(f"{self._folders[0]}/{step}/last", digest.encode())

    def _renumber(self, execution: Execution) -> Execution | None:
        """Return an execution with the numbers that its artifacts have in this catalog."""
        record, catalog = execution.record, self._store.catalog
        if record.catalog == catalog:
            return execution
        if (inputs := self._numbered(record.inputs)) is None:
            return None
        if (outputs := self._numbered(record.outputs)) is None:
            return None
        record = replace(record, inputs=inputs, outputs=outputs, catalog=catalog)
        return replace(execution, record=record)

    def _numbered(self, artifacts: list[ArtifactFacts]) -> list[ArtifactFacts] | None:
        """Return artifacts with the numbers of this catalog; None if one is not in it."""
        versions = [
            self._store.same(artifact["name"], artifact["digest"]) for artifact in artifacts
        ]
        entries = [artifact_facts(version) for version in versions if version]
        return entries if len(entries) == len(versions) else None


def _folder(catalog: str) -> str:
    return f"{catalog}/steps" if catalog else "steps"


def _from_json(text: bytes) -> Execution | None:
    """Read an entry; None when it is damaged or of another release: then the step runs again."""
    try:
        content: dict[str, Any] = json.loads(text)
        key, record = StepKey(**content.pop("key")), Record(**content.pop("record"))
        for artifact in (*record.inputs, *record.outputs):
            if not all(isinstance(artifact[key], str) for key in ("name", "digest")):
                return None
        return Execution(key, record, **content)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
