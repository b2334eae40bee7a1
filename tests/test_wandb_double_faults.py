"""The faults of the W&B double, and what W&B's real client makes of each."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Done, clean_environment
from tests.fakes.wandb_person import Person, finished, tell
from tests.fakes.wandb_server import Fault, WandbServer
from tests.fakes.wandb_server.answer import answer
from tests.fakes.wandb_server.graphql import Parser, QueryError

pytestmark = pytest.mark.slow  # W&B's client, a process for each program
ALICE = "a" * 40

PASSING = {
    "error": Fault(status=500, on="CommitArtifact", times=1),
    "upload-cut": Fault(drop=True, on="PUT", times=1),
    "request-cut": Fault(drop=True, on="CreateArtifact", times=1),
    "commit-unanswered": Fault(lost=True, on="CommitArtifact", times=1),
    "begin-unanswered": Fault(lost=True, on="CreateArtifact", times=1),
    "slow": Fault(delay=0.2, on="graphql"),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WandbServer]:
    with WandbServer(tmp_path / "server", {ALICE: "alice"}) as server:
        yield server


@pytest.fixture
def alice(tmp_path: Path, server: WandbServer) -> Person:
    return Person(tmp_path / "alice", server.url, ALICE)


def begun(person: Person) -> subprocess.Popen[str]:
    """Start a step and return when its run has begun."""
    process = person.start("wandb_step.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n", finished(process)
    return process


def failed(done: Done, *words: str) -> None:
    assert done.status != 0, done.out
    assert all(word in done.err for word in words), done.err


def only_version(server: WandbServer) -> dict[str, Any]:
    (version,) = server.artifacts()
    return version


def test_an_unknown_key_is_refused(server: WandbServer, alice: Person) -> None:
    alice.key = "f" * 40
    failed(alice.run("wandb_step.py"), "CommError", "401")
    assert server.runs() == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_refuses(server: WandbServer, alice: Person, status: int) -> None:
    server.fail(Fault(status=status))
    failed(alice.run("wandb_step.py"), "CommError", str(status))
    assert server.runs() == []


def test_a_key_expires_in_the_middle(server: WandbServer, alice: Person) -> None:
    process = begun(alice)
    server.expire(ALICE)
    failed(finished(process), "AuthenticationError", "401")
    assert server.artifacts() == []
    assert [run["state"] for run in server.runs()] == ["running"]  # nobody could say otherwise
    server.accept(ALICE, "alice")
    assert alice.run("wandb_step.py").status == 0
    assert only_version(server)["version"] == 0


def test_what_passes_is_repeated_and_leaves_one_version(server: WandbServer, alice: Person) -> None:
    with alice.start("wandb_writer.py") as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for name, fault in PASSING.items():
            server.fail(fault)
            writer.stdin.write(f"{name}\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "v0\n", name
            assert server.control.faults.facts()[0]["seen"] > 1, name  # it struck, and came again
        writer.stdin.close()
    versions = server.artifacts()
    assert [version["collection"] for version in versions] == sorted(PASSING)
    assert {version["state"] for version in versions} == {"COMMITTED"}
    assert all(file["size"] == 300_000 for v in versions for file in v["files"].values())


@pytest.mark.parametrize("on", ["CommitArtifact", "PUT"])
def test_what_lasts_is_an_error_and_the_next_attempt_goes_on(
    server: WandbServer, alice: Person, on: str
) -> None:
    alice.environment |= {f"WANDB__{kind}_RETRY_MAX": "1" for kind in ("GRAPHQL", "FILE_TRANSFER")}
    process = begun(alice)
    server.fail(Fault(status=500, on=on))
    failed(finished(process), "ValueError", "ArtifactSaver")
    assert only_version(server)["state"] == "PENDING"
    server.fail()
    assert alice.run("wandb_step.py").out.split() == ["begun", "v0"]
    assert only_version(server)["state"] == "COMMITTED"


def test_a_server_that_is_too_slow(server: WandbServer, alice: Person) -> None:
    alice.environment["WANDB_INIT_TIMEOUT"] = "2"
    server.fail(Fault(delay=4, on="graphql"))
    failed(alice.run("wandb_step.py"), "CommError", "Timed out")


def test_faults_strike_the_requests_they_are_meant_for(server: WandbServer) -> None:
    server.fail(Fault(status=500, on="PUT", after=1, times=2), Fault(delay=1, on="graphql"))
    struck = [server.control.faults.strike({"PUT"}) for _ in range(4)]
    assert [fault is not None for fault in struck] == [False, True, True, False]
    assert server.control.faults.strike({"GET"}) is None
    with pytest.raises(ValueError, match="a fault has"):
        Fault()


def test_an_upload_that_is_not_what_its_name_says_is_refused(server: WandbServer) -> None:
    request = urllib.request.Request(
        f"{server.url}/storage/objects/{'0' * 32}", b"other", method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request)


def test_what_the_double_does_not_know_names_the_operation(
    server: WandbServer, alice: Person
) -> None:
    operation = Parser("query New($a: [Int!] = [1]) { old(a: $a) { id other } }").operation()
    with pytest.raises(QueryError, match=r'"other" on type "Old".*operation New'):
        answer(operation, {"old": lambda a: {"__typename": "Old", "id": a}}, {})
    done = alice.run("wandb_unknown.py")
    failed(done, "the double of the W&B server does not know")
    assert any("does not know" in line for line in server.requests())


def test_the_program_is_controlled_from_outside(tmp_path: Path) -> None:
    words = ["-m", "tests.fakes.wandb_server", str(tmp_path / "server"), "--key", f"{ALICE}=alice"]
    with subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=clean_environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        alice = Person(tmp_path / "alice", url, ALICE)
        tell(url, "faults", {"faults": [{"status": 403}]})
        failed(alice.run("wandb_step.py"), "403")
        assert tell(url, "faults")[0]["seen"] > 0
        tell(url, "faults", {"faults": []})
        assert alice.run("wandb_step.py").status == 0
        assert [version["version"] for version in tell(url, "artifacts")] == [0]
        assert [run["state"] for run in tell(url, "runs")] == ["finished"]
        tell(url, "expire", {"key": ALICE})
        failed(alice.run("wandb_step.py"), "401")
        process.terminate()
