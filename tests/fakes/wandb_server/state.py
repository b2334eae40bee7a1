"""What the double knows, kept in a folder: a restart on the same folder goes on with it."""

import base64
import dataclasses
import json
import os
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.fakes.wandb_server.blobs import Blobs


@dataclass
class Run:
    """A run; `name` is what people call its id, `id` is the server's own."""

    id: str
    entity: str
    project: str
    name: str
    user: str
    created: str
    display_name: str = ""
    config: str = "{}"
    summary: str = "{}"
    state: str = "running"
    exit_code: int | None = None
    job_type: str | None = None
    group: str | None = None
    notes: str | None = None
    tags: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """entity/project/name, by which the state finds it."""
        return f"{self.entity}/{self.project}/{self.name}"


@dataclass
class Artifact:
    """A version of a collection; it has a number from its commit on."""

    id: str
    collection: str
    type: str
    digest: str
    created: str
    run: str | None = None
    description: str | None = None
    metadata: str | None = None
    algorithm: str | None = None
    state: str = "PENDING"
    version: int | None = None
    manifest: str | None = None
    wanted_aliases: list[str] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    used_by: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file["size"] for file in self.files.values())


@dataclass
class Collection:
    """A named sequence of versions of one type."""

    id: str
    entity: str
    project: str
    name: str
    type: str
    created: str
    versions: list[str] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """entity/project/name, by which the state finds it."""
        return f"{self.entity}/{self.project}/{self.name}"


class State:
    """Runs, collections and versions in memory and in state.json, and the folder of the bytes.

    Whoever reads or changes it holds `lock`; the bytes need no lock.
    """

    def __init__(self, folder: Path) -> None:
        self.lock = threading.RLock()
        self.file = folder / "state.json"
        self.blobs = Blobs(folder / "blobs")
        self.url = ""
        self.runs: dict[str, Run] = {}
        self.artifacts: dict[str, Artifact] = {}
        self.collections: dict[str, Collection] = {}
        self.manifests: dict[str, str] = {}  # id → the path of its bytes
        self.clients: dict[str, str] = {}  # the id a client made up → ours
        self.traffic: Counter[str] = Counter()
        if self.file.exists():
            self._read(json.loads(self.file.read_text()))

    def _read(self, stored: dict[str, Any]) -> None:
        self.runs = {key: Run(**facts) for key, facts in stored["runs"].items()}
        self.artifacts = {key: Artifact(**facts) for key, facts in stored["artifacts"].items()}
        found = stored["collections"].items()
        self.collections = {key: Collection(**facts) for key, facts in found}
        self.manifests, self.clients = stored["manifests"], stored["clients"]

    def save(self) -> None:
        """Write state.json anew, whole or not at all."""
        plain: dict[str, Any] = {"manifests": self.manifests, "clients": self.clients}
        for name in ("runs", "artifacts", "collections"):
            known = getattr(self, name).items()
            plain[name] = {key: dataclasses.asdict(value) for key, value in known}
        temporary = self.file.with_suffix(".tmp")
        temporary.write_text(json.dumps(plain))
        os.replace(temporary, self.file)

    def has_project(self, entity: str, project: str) -> bool:
        """A project exists once something is in it."""
        known: list[Run | Collection] = [*self.runs.values(), *self.collections.values()]
        return any((one.entity, one.project) == (entity, project) for one in known)

    def count(self, **numbers: int) -> None:
        """Add to the counts of traffic."""
        with self.lock:
            self.traffic.update(numbers)

    def link(self, path: str) -> str:
        """Return the address for the bytes at a path; it needs no key, as a presigned one."""
        return f"{self.url}/storage/{quote(path)}"


def new_id(kind: str) -> str:
    """Return an id as W&B's look: base64 of kind and number."""
    return base64.b64encode(f"{kind}:{uuid.uuid4().hex[:12]}".encode()).decode()


def now() -> str:
    """The time, as W&B writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
