"""A team for tests: the servers of assets/team/compose.yaml on this machine, and its clones.

PostgreSQL and MLflow's server are the real ones; in the place of MinIO is moto's S3 server.
"""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import yaml
from moto.s3.responses import S3Response
from moto.server import ThreadedMotoServer

from pipeline.cache import claims
from pipeline.store.artifacts import Store
from pipeline.store.objects import Objects
from tests.processes import ROOT, clean_environment
from tests.projects import Project, copy_project
from tests.servers import postgresql_server

FOLDER = ROOT / "assets" / "team"
LOCATION = "s3://pipeline/store"
OWN = f"main: {{artifact_store: {LOCATION}}}\n"
LOCAL = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def example() -> dict[str, str]:
    """Return the variables of example.env."""
    lines = (FOLDER / "example.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def services() -> dict[str, Any]:
    """Return the services of compose.yaml, with the variables of example.env in their places."""
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    filled = re.sub(r"\$\{(\w+):\?\}", lambda found: example()[found[1]], text)
    return dict(yaml.safe_load(filled)["services"])


@dataclass
class Team:
    """What clones share: two addresses and a bucket.

    Attributes:
        tracking: of MLflow's server.
        store: of the S3 store.
        folder: where clones are made.
    """

    tracking: str
    store: str
    folder: Path

    def clone(self, name: str) -> Project:
        """Return a clone with a home of its own, whose profile says all of the store."""
        home = self.folder / f"home of {name}"
        (home / ".aws").mkdir(parents=True)
        keys = example()
        (home / ".aws" / "credentials").write_text(
            f"[team]\naws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n"
        )
        (home / ".aws" / "config").write_text(
            f"[profile team]\nregion = us-east-1\nendpoint_url = {self.store}\n"
        )
        clone = self.folder / f"clone of {name}"
        subprocess.run(["git", "clone", "-q", str(self._origin()), str(clone)], check=True)
        return Project(clone, {
            "HOME": str(home), "AWS_PROFILE": "team", "WANDB_MODE": "disabled",
            "MLFLOW_TRACKING_URI": self.tracking, **LOCAL,
        })  # fmt: skip

    def _origin(self) -> Path:
        """Return the repository that clones are made of; its config says where the store is."""
        origin = self.folder / "origin"
        if not origin.exists():
            copy_project(origin)
            (origin / "conf" / "project.yaml").write_text(OWN)
            who = ["-c", "user.name=a", "-c", "user.email=a@b"]
            for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
                subprocess.run(["git", *who, *words], cwd=origin, check=True)
        return origin

    def objects(self) -> Store:
        """Return the artifact store, as somebody opens it whose environment has the keys."""
        with self._keys():
            return Store(LOCATION)

    def claims(self) -> list[str]:
        """Return the claims that are held."""
        with self._keys():
            return Objects(LOCATION).keys(claims.FOLDER)

    @contextmanager
    def _keys(self) -> Iterator[None]:
        own = {"AWS_ENDPOINT_URL": self.store, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (example() | own | LOCAL).items():
                patch.setenv(name, value)
            yield


class Member:
    """Somebody at work in a clone: one process, for many runs (tests/programs/team_member.py)."""

    def __init__(self, clone: Project) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(clone.root / "tests" / "programs" / "team_member.py")],
            cwd=clone.root, env=clone.variables, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def ask(self, *words: str) -> None:
        """Ask for a run."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any] | None:
        """Wait for a run; return its manifest, None if nothing had to run."""
        assert self.process.stdout
        said = []
        for line in self.process.stdout:
            if line.startswith("answer: "):
                return cast(dict[str, Any] | None, json.loads(line.partition(" ")[2]))
            said.append(line)
        pytest.fail("".join(said[-30:]))

    def end(self) -> None:
        """Ask for no more."""
        self.process.communicate()


@contextmanager
def running(folder: Path) -> Iterator[Team]:
    """Start the servers that compose.yaml names, with its commands and variables."""
    with postgresql_server() as database, s3_store() as store:
        asked = services()["buckets"]
        variables = environment(asked, {"http://store:9000": store})
        subprocess.run(words(asked), cwd=ROOT, env=variables, check=True)
        asked = services()["mlflow"]
        variables = environment(asked, {"http://store:9000": store})
        driver = variables["MLFLOW_BACKEND_STORE_URI"].partition("://")[0]
        variables["MLFLOW_BACKEND_STORE_URI"] = driver + database.removeprefix("postgresql")
        port = free_port()
        variables["MLFLOW_SERVER_ALLOWED_HOSTS"] = f"127.0.0.1:{port}"
        command = [word.replace("5000", port).replace("0.0.0.0", "127.0.0.1")
                   for word in words(asked)]  # fmt: skip
        with (folder / "mlflow.log").open("w") as log:
            server = subprocess.Popen(command, cwd=folder, env=variables, stdout=log, stderr=log)
            try:
                address = f"http://127.0.0.1:{port}"
                wait_for(f"{address}/health", server, folder / "mlflow.log")
                yield Team(address, store, folder)
            finally:
                server.terminate()
                server.wait()


def words(service: Mapping[str, Any]) -> list[str]:
    """Return a service's command with the interpreter of the tests."""
    tools = Path(sys.executable).parent
    first, *rest = service["command"]
    return [sys.executable if first == "python" else str(tools / first), *rest]


def environment(service: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a service, with other places in it."""
    kept = {name: v for name, v in clean_environment().items() if not name.startswith("AWS_")}
    own = {name: places.get(value, value) for name, value in service["environment"].items()}
    return kept | own | LOCAL


@contextmanager
def s3_store() -> Iterator[str]:
    """Start moto's S3 server; yield its address. It answers a conditional write as a whole, as S3.

    By itself moto looks first whether there is something, and writes later.
    """
    lock, real = threading.Lock(), S3Response.put_object

    def whole(self: S3Response) -> Any:
        with lock:
            return real(self)

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3Response, "put_object", whole)
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()


def free_port() -> str:
    """Return the number of a port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers; fail with its log when it has ended."""
    end = time.monotonic() + 180
    while time.monotonic() < end and server.poll() is None:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    pytest.fail(log.read_text()[-3000:])
