"""A test's side of the double: keys, faults, and what the double holds, as plain facts."""

import base64
import json
import threading
from typing import Any

from tests.fakes.wandb_server.artifact_tree import aliases_of
from tests.fakes.wandb_server.faults import Fault, Faults
from tests.fakes.wandb_server.run_changes import plain_config
from tests.fakes.wandb_server.run_tree import HISTORY, lines
from tests.fakes.wandb_server.state import Artifact, Run, State


class Control:
    """Keys and faults that a test switches, requests that it counts, facts that it reads."""

    def __init__(self, state: State, keys: dict[str, str]) -> None:
        self.state = state
        self.faults = Faults()
        self._keys = dict(keys)
        self._lock = threading.Lock()
        self._requests: list[str] = []

    def user(self, key: str) -> str | None:
        """Return whose key this is; None for one that is unknown or expired."""
        with self._lock:
            return self._keys.get(key)

    def expire(self, key: str) -> None:
        """Refuse a key from now on."""
        with self._lock:
            self._keys.pop(key, None)

    def accept(self, key: str, user: str) -> None:
        """Accept a key from now on."""
        with self._lock:
            self._keys[key] = user

    def note(self, name: str, status: int, errors: list[str] | None = None) -> None:
        """Remember a request; status 0: its connection was cut."""
        with self._lock:
            self._requests.append(" ".join([name, str(status), *(errors or [])]))

    def requests(self) -> list[str]:
        """Return the requests so far: name, status, errors."""
        with self._lock:
            return list(self._requests)

    def traffic(self) -> dict[str, int]:
        """Return how often and how much was uploaded and downloaded."""
        names = ("uploads", "uploaded_bytes", "downloads", "downloaded_bytes")
        with self.state.lock:
            return {name: self.state.traffic[name] for name in names}

    def artifacts(self) -> list[dict[str, Any]]:
        """Return every version, begun ones included, by collection and number."""
        with self.state.lock:
            facts = [self._artifact(one) for one in self.state.artifacts.values()]
        last = float("inf")
        return sorted(
            facts,
            key=lambda a: (a["entity"], a["project"], a["collection"],
                           last if a["version"] is None else a["version"]),
        )  # fmt: skip

    def remove(self, name: str, version: int) -> None:
        """Delete a version, as a person does in the web interface; alone it keeps its number."""
        with self.state.lock:
            for one in self.state.artifacts.values():
                collection = self.state.collections[one.collection]
                if (collection.name, one.version) == (name, version):
                    one.state = "DELETED"
                    collection.versions.remove(one.id)
                    kept = {a: t for a, t in collection.aliases.items() if t != one.id}
                    collection.aliases = kept
            self.state.save()

    def aim(self, name: str, alias: str, version: int) -> None:
        """Let an alias mean a version, as another person does."""
        with self.state.lock:
            for one in self.state.artifacts.values():
                collection = self.state.collections[one.collection]
                if (collection.name, one.version) == (name, version):
                    collection.aliases[alias] = one.id
            self.state.save()

    def _artifact(self, artifact: Artifact) -> dict[str, Any]:
        collection = self.state.collections[artifact.collection]
        files = artifact.files.items()
        return {
            "entity": collection.entity,
            "project": collection.project,
            "collection": collection.name,
            "version": artifact.version,
            "type": artifact.type,
            "digest": artifact.digest,
            "state": artifact.state,
            "aliases": aliases_of(collection, artifact),
            "description": artifact.description,
            "metadata": json.loads(artifact.metadata or "null"),
            "files": {
                path: {"size": file["size"], "md5": base64.b64decode(file["md5"]).hex()}
                for path, file in sorted(files)
            },
            "logged_by": artifact.run and artifact.run.split("/")[2],
            "used_by": [key.split("/")[2] for key in artifact.used_by],
        }

    def runs(self) -> list[dict[str, Any]]:
        """Return every run in the order they began."""
        with self.state.lock:
            return [self._run(one) for one in self.state.runs.values()]

    def _run(self, run: Run) -> dict[str, Any]:
        return {
            "entity": run.entity,
            "project": run.project,
            "id": run.name,
            "name": run.display_name or run.name,
            "user": run.user,
            "state": run.state,
            "exit_code": run.exit_code,
            "job_type": run.job_type,
            "group": run.group,
            "config": plain_config(run),
            "summary": json.loads(run.summary),
            "history": [json.loads(line) for line in lines(self.state, run, HISTORY)],
            "files": self.state.blobs.names(f"runs/{run.key}"),
            "inputs": [self._named(one) for one in run.inputs],
            "outputs": [self._named(one) for one in run.outputs],
        }

    def _named(self, identity: str) -> str:
        artifact = self.state.artifacts[identity]
        name = self.state.collections[artifact.collection].name
        return f"{name}:v{artifact.version}" if artifact.version is not None else f"{name}:begun"

    def command(self, path: str, given: dict[str, Any]) -> tuple[int, Any]:
        """Do what a test outside this process asks: POST /_double/faults, expire or accept."""
        if path == "/_double/faults":
            self.faults.switch(*(Fault(**one) for one in given["faults"]))
        elif path == "/_double/expire":
            self.expire(given["key"])
        elif path == "/_double/accept":
            self.accept(given["key"], given["user"])
        else:
            return 404, {"error": f"no {path}"}
        return 200, {}

    def question(self, path: str) -> tuple[int, Any]:
        """Answer a test outside this process: GET /_double/artifacts, runs, traffic, ..."""
        asked = {
            "artifacts": self.artifacts,
            "runs": self.runs,
            "traffic": self.traffic,
            "requests": self.requests,
            "faults": self.faults.facts,
        }.get(path.removeprefix("/_double/"))
        return (200, asked()) if asked else (404, {"error": f"no {path}"})
