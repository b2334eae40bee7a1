"""Several writers at once, and writers that are killed: no version is ever half there."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.store.artifacts import Store
from tests.processes import ROOT, program, program_words


def together(count: int, work: Callable[[int], None]) -> None:
    """Run work(0), work(1), ... in threads that start at the same moment."""
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait()
        work(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))  # raises what a thread raised


def contents(store: Store, name: str, folder: Path) -> list[str]:
    """Return the content of every version, each checked against its digest."""
    found = [store.get(f"{name}:v{number}") for number in store.versions(name)]
    return [store.download(version, folder / version.reference).read_text() for version in found]


def test_threads_with_different_contents_get_different_versions(tmp_path: Path) -> None:
    store = Store(tmp_path / "artifacts")
    for turn in range(15):
        wrote = {}

        def work(number: int, turn: int = turn, wrote: dict[int, str] = wrote) -> None:
            text = f"{turn} {number}"
            path = tmp_path / str(number) / "t.csv"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            wrote[Store(store.url).put(f"t{turn}", path, type="x").version] = text

        together(8, work)
        assert sorted(wrote) == store.versions(f"t{turn}") == list(range(8))
        assert contents(store, f"t{turn}", tmp_path / "read") == [wrote[n] for n in range(8)]
        assert store.aliases(f"t{turn}")["latest"] in wrote


def test_threads_with_the_same_content_get_one_version(tmp_path: Path) -> None:
    store = Store(tmp_path / "artifacts")
    path = tmp_path / "t.csv"
    path.write_text("same")
    for turn in range(15):
        together(8, lambda _, turn=turn: Store(store.url).put(f"t{turn}", path, type="x"))
        assert contents(store, f"t{turn}", tmp_path / "read") == ["same"]


def writer(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        program_words("write_versions.py", *arguments), stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.slow
def test_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "artifacts")
    start = time.time() + 1.5
    running = [writer(store.url, tmp_path, start, name, 40) for name in ("a", "b", "c")]
    printed = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    said = [line.split(maxsplit=1) for lines in printed for line in lines.splitlines()]
    assert sorted(int(number) for number, _ in said) == store.versions("t.csv") == [*range(120)]
    held = contents(store, "t.csv", tmp_path / "read")
    assert {int(number): text for number, text in said} == dict(enumerate(held))


def test_a_writer_killed_at_any_moment_leaves_only_whole_versions(tmp_path: Path) -> None:
    store = Store(tmp_path / "artifacts")
    said: list[str] = []
    chance = random.Random(0)
    for turn in range(8):
        with writer(store.url, tmp_path, 0, f"w{turn}", 10**6) as process:
            assert process.stdout is not None
            said.append(process.stdout.readline())
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
            said.extend(process.stdout)
        assert process.returncode == -signal.SIGKILL
    held = contents(store, "t.csv", tmp_path / "read")
    assert store.versions("t.csv") == list(range(len(held)))
    for line in (line for line in said if line.endswith("\n")):
        number, text = line.rstrip().split(maxsplit=1)
        assert held[int(number)] == text
    assert store.put("t.csv", tmp_path / "w0" / "t.csv", type="x").version <= len(held)


@pytest.mark.parametrize("earlier", [True, False], ids=["second version", "first version"])
@pytest.mark.parametrize("moment", ["upload", "manifest", "digests", "aliases"])
def test_a_write_that_breaks_off_is_seen_whole_or_not_at_all(
    moment: str, earlier: bool, tmp_path: Path
) -> None:
    store = Store(tmp_path / "artifacts")
    path = tmp_path / "t.csv"
    if earlier:
        path.write_text("old")
        store.put("t.csv", path, type="x")
    path.write_text("new")
    done = program("write_killed.py", store.url, path, moment)
    assert done.status == -signal.SIGKILL, done.err

    committed = moment in ("digests", "aliases")
    whole = ["old"] * earlier + ["new"] * committed
    assert contents(store, "t.csv", tmp_path / "first") == whole
    assert store.names() == (["t.csv"] if whole else [])
    assert store.exists("t.csv:latest") == earlier
    left = [file for _, _, files in os.walk(store.url) for file in files if "#" in file]
    assert bool(left) == (not committed)

    assert store.put("t.csv", path, type="x").version == int(earlier)
    assert contents(store, "t.csv", tmp_path / "second") == ["old"] * earlier + ["new"]
    assert store.get("t.csv").version == int(earlier)
