"""Faults that a test switches on: the server refuses, breaks, is slow or drops the connection."""

import threading
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Fault:
    """One kind of trouble for some of the requests.

    Attributes:
        status: answer this HTTP status (401, 403, 500 ...) in place of the real answer.
        drop: cut the connection: half-way through a body that is uploaded, else before the answer.
        lost: do what is asked, and cut the connection in place of the answer.
        delay: wait so many seconds before anything else.
        on: only requests of this name: a GraphQL operation ("CommitArtifact"), "file_stream", "PUT"
            (an upload), "GET" (a download), or "graphql" for all operations; None: every request.
        after: let so many of these requests pass first.
        times: then strike so many of them; None: for good.
    """

    status: int | None = None
    drop: bool = False
    lost: bool = False
    delay: float = 0.0
    on: str | None = None
    after: int = 0
    times: int | None = None

    def __post_init__(self) -> None:
        if not (self.status or self.drop or self.lost or self.delay):
            raise ValueError("a fault has a status, drops, loses the answer, or has a delay")


class Faults:
    """The faults that are switched on, with a count of the requests that each has seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on: list[Fault] = []
        self._seen: list[int] = []

    def switch(self, *faults: Fault) -> None:
        """Replace all faults by these; without any, the server is well."""
        with self._lock:
            self._on, self._seen = list(faults), [0] * len(faults)

    def strike(self, names: set[str]) -> Fault | None:
        """Return the fault that a request with these names meets, if any."""
        with self._lock:
            struck = None
            for index, fault in enumerate(self._on):
                if fault.on is not None and fault.on not in names:
                    continue
                seen, self._seen[index] = self._seen[index], self._seen[index] + 1
                last = float("inf") if fault.times is None else fault.after + fault.times
                if struck is None and fault.after <= seen < last:
                    struck = fault
            return struck

    def facts(self) -> list[dict[str, Any]]:
        """Return the faults and how many requests each has seen."""
        with self._lock:
            pairs = zip(self._on, self._seen, strict=True)
            return [asdict(fault) | {"seen": seen} for fault, seen in pairs]
