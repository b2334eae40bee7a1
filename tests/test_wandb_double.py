"""The double of the W&B server, talked to by W&B's real client: artifacts, runs, lineage, sync."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.wandb_person import Person, finished
from tests.fakes.wandb_server import Fault, WandbServer

pytestmark = pytest.mark.slow  # W&B's client, a process for each program
ALICE, BOB = "a" * 40, "b" * 40
FILES = {"table.csv": b"n\n1\n", "parts/one.bin": bytes(range(256)) * 999, "parts/empty": b""}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WandbServer]:
    with WandbServer(tmp_path / "server", {ALICE: "alice", BOB: "bob"}) as server:
        yield server


@pytest.fixture
def alice(tmp_path: Path, server: WandbServer) -> Person:
    return Person(tmp_path / "alice", server.url, ALICE)


@pytest.fixture
def bob(tmp_path: Path, server: WandbServer) -> Person:
    return Person(tmp_path / "bob", server.url, BOB)


def folder_of(tmp_path: Path, name: str = "files", **more: bytes) -> str:
    for path, content in (FILES | more).items():
        target = tmp_path / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return str(tmp_path / name)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_of_files_reaches_a_second_user_whole(
    tmp_path: Path, server: WandbServer, alice: Person, bob: Person
) -> None:
    assert alice.said("wandb_log.py", "data", folder_of(tmp_path), "first", "one") == ["v0"]
    references = [f"alice/p/data:{end}" for end in ("latest", "v0", "first")]
    assert bob.said("wandb_read.py", *references) == ["v0", "v0", "v0"]
    for name in ("latest", "v0", "first"):
        assert content(bob.folder / name) == FILES
    (version,) = server.artifacts()
    assert version["aliases"] == ["first", "latest"]
    assert (version["type"], version["state"]) == ("raw", "COMMITTED")
    assert (version["description"], version["metadata"]) == ("A table", {"rows": 2})
    assert version["files"] == {
        path: {"size": len(data), "md5": hashlib.md5(data).hexdigest()}
        for path, data in FILES.items()
    }
    assert server.traffic()["downloads"] >= len(FILES)
    assert server.traffic()["uploaded_bytes"] > sum(map(len, FILES.values()))


def test_a_run_is_there_with_everything_it_said(
    tmp_path: Path, server: WandbServer, alice: Person
) -> None:
    alice.said("wandb_log.py", "data", folder_of(tmp_path), "first", "one")
    (run,) = server.runs()
    assert (run["id"], run["group"], run["job_type"], run["user"]) == ("one", "g", "make", "alice")
    assert (run["state"], run["exit_code"]) == ("finished", 0)
    assert run["config"] == {"size": 0.5}
    assert run["summary"].items() >= {"rows": 2, "done": True}.items()
    assert [row["rows"] for row in run["history"]] == [1, 2]
    assert "config.yaml" in run["files"]
    assert (run["inputs"], run["outputs"]) == ([], ["data:v0"])


def test_the_same_content_makes_no_new_version_and_moves_the_aliases(
    tmp_path: Path, server: WandbServer, alice: Person
) -> None:
    same, other = folder_of(tmp_path), folder_of(tmp_path, "other", more=b"more")
    assert alice.said("wandb_log.py", "data", same, "first", "one") == ["v0"]
    assert alice.said("wandb_log.py", "data", other, "second", "two") == ["v1"]
    assert alice.said("wandb_log.py", "data", same, "third", "three") == ["v0"]
    first, second = server.artifacts()
    assert first["aliases"] == ["first", "latest", "third"]
    assert second["aliases"] == ["second"]
    assert first["logged_by"] == "one"


@pytest.mark.parametrize("equal", [True, False])
def test_two_writers_at_once(
    tmp_path: Path, server: WandbServer, alice: Person, equal: bool
) -> None:
    """Both have begun their version before either commits."""
    server.fail(Fault(delay=1.5, on="CommitArtifact"))
    folders = [folder_of(tmp_path, "f0", more=b"0"), folder_of(tmp_path, "f1", more=b"1")]
    names = [folders[0], folders[0 if equal else 1]]
    writers = [Person(tmp_path / f"writer{n}", server.url, ALICE) for n in range(2)]
    started = [
        writer.start("wandb_log.py", "data", names[n], f"alias{n}", f"run{n}")
        for n, writer in enumerate(writers)
    ]
    ended = [finished(one) for one in started]
    assert [done.status for done in ended] == [0, 0], ended
    numbers = sorted(done.out.strip() for done in ended)
    assert numbers == (["v0", "v0"] if equal else ["v0", "v1"])
    versions = server.artifacts()
    assert [v["version"] for v in versions] == ([0] if equal else [0, 1])
    assert all(v["state"] == "COMMITTED" and len(v["files"]) == 4 for v in versions)


def test_lineage_and_aliases_through_the_public_api(
    tmp_path: Path, server: WandbServer, alice: Person
) -> None:
    alice.said("wandb_log.py", "data", folder_of(tmp_path), "first", "one")
    printed = alice.said("wandb_lineage.py")
    expected = "v0 one two good latest False data:v0 data:v0 one True one two"
    assert printed == expected.split()
    assert server.artifacts()[0]["used_by"] == ["two", "one"]
    assert [run["state"] for run in server.runs()] == ["finished", "finished"]


def test_a_sync_of_an_offline_run_lands_whole_and_makes_one_version(
    tmp_path: Path, server: WandbServer, alice: Person
) -> None:
    alice.environment["WANDB_MODE"] = "offline"
    alice.said("wandb_log.py", "data", folder_of(tmp_path), "first", "one")
    assert server.artifacts() == []
    del alice.environment["WANDB_MODE"]
    (record,) = (alice.folder / "wandb").glob("offline-run-*")
    for rows in ([1, 2], [1, 2, 1, 2]):  # the client appends to the history that is there
        done = alice.wandb("sync", "--include-synced", str(record))
        assert done.status == 0, done.out + done.err
        assert [row["rows"] for row in server.runs()[0]["history"]] == rows
    (version,) = server.artifacts()
    assert (version["state"], version["version"]) == ("COMMITTED", 0)
    assert set(version["files"]) == set(FILES)
    assert [(run["state"], run["outputs"]) for run in server.runs()] == [("finished", ["data:v0"])]


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    place, folder = tmp_path / "server", folder_of(tmp_path)
    with WandbServer(place) as server:
        Person(tmp_path / "one", server.url).said("wandb_log.py", "data", folder, "first", "one")
        before = server.artifacts(), server.runs()
    with WandbServer(place) as server:
        assert (server.artifacts(), server.runs()) == before
        reader = Person(tmp_path / "two", server.url)
        assert reader.said("wandb_read.py", "tester/p/data:first") == ["v0"]
        assert content(reader.folder / "first") == FILES
