"""What steps have done before, kept in the artifact store beside the artifacts.

    steps/<step>/<key>.json   the newest execution that ended well with this key
    steps/<step>/last         the key of the newest execution that ended well

An entry is written when the step's outputs are in the store and never before: a step that failed,
was stopped or was cut off has none.
"""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.objects import Objects
from pipeline.record import Record
from pipeline.stepkey import StepKey


@dataclass(frozen=True)
class Execution:
    """An execution of a step that ended well: its key and its record."""

    key: StepKey
    record: Record
    finished: float  # seconds since 1970
    run: str  # the MLflow run of the whole, which it was a part of


class History:
    """The executions that a store knows of."""

    def __init__(self, location: str) -> None:
        """Take a folder or URL as pipeline.artifacts.Store does."""
        self._objects = Objects(location)

    def find(self, step: str, digest: str) -> Execution | None:
        """Return the execution of a step with this key."""
        text = self._objects.read(f"steps/{step}/{digest}.json")
        return None if text is None else _from_json(text)

    def last(self, step: str) -> Execution | None:
        """Return the newest execution of a step, whatever its key."""
        digest = (self._objects.read(f"steps/{step}/last") or b"").decode("ascii", "replace")
        return self.find(step, digest) if re.fullmatch("[0-9a-f]{64}", digest) else None

    def add(self, execution: Execution) -> None:
        """Keep an execution."""
        step, digest = execution.record.step, execution.key.digest
        text = json.dumps(asdict(execution), indent=1, ensure_ascii=False, default=str)
        self._objects.write(f"steps/{step}/{digest}.json", text.encode())
        self.point(step, digest)

    def point(self, step: str, digest: str) -> None:
        """Let the newest execution be the one with this key: a hit counts as one."""
        self._objects.write(f"steps/{step}/last", digest.encode())


def _from_json(text: bytes) -> Execution | None:
    """Read an entry; None when it is damaged or of another release: then the step runs again."""
    try:
        content: dict[str, Any] = json.loads(text)
        key, record = StepKey(**content.pop("key")), Record(**content.pop("record"))
        return Execution(key, record, **content)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
