"""Digests of files: read once, kept as long as nothing about the file changes."""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from pipeline.store.digests import SETTLED, Digests

LONG_AGO = 1_000_000_000_123_456_789  # ns since 1970; not a whole number of microseconds


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(path: Path, content: bytes, mtime_ns: int = LONG_AGO) -> None:
    """Write a file in place and set its time."""
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    put(tmp_path / "data.bin", b"abc")
    return tmp_path / "data.bin"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state" / "digests.json"


def saved(place: Path, path: Path) -> Digests:
    """Read the file, save, and return what the next process has."""
    digests = Digests(place)
    digests.sha256(path)
    digests.save()
    return Digests(place)


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"abc" * 1_000_000])
def test_the_digest_is_the_files_sha256(content: bytes, path: Path, place: Path) -> None:
    path.write_bytes(content)
    assert Digests(place).sha256(path) == sha256(content)


def test_a_missing_file_is_an_error_even_when_it_is_kept(path: Path, place: Path) -> None:
    digests = saved(place, path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        digests.sha256(path)


def test_a_kept_file_is_not_read_again(path: Path, place: Path) -> None:
    digests = saved(place, path)
    put(path, b"xyz")  # the same size, time and inode: only reading would show it
    assert digests.sha256(path) == sha256(b"abc")
    assert Digests(place / "none.json").sha256(path) == sha256(b"xyz")


def test_it_is_kept_within_a_process(path: Path, place: Path) -> None:
    digests = Digests(place)
    digests.sha256(path)
    put(path, b"xyz")
    assert digests.sha256(path) == sha256(b"abc")
    assert not place.exists()


@pytest.mark.parametrize("what", ["size", "later", "earlier", "by a nanosecond", "inode"])
def test_any_change_is_read(what: str, path: Path, place: Path) -> None:
    digests = saved(place, path)
    content = b"xyzx" if what == "size" else b"xyz"
    ns = {"later": 10**9, "earlier": -(10**9), "by a nanosecond": 1}.get(what, 0)
    written = path.with_name("new") if what == "inode" else path
    put(written, content, LONG_AGO + ns)
    written.replace(path)
    assert digests.sha256(path) == sha256(content)
    digests.save()
    assert Digests(place).sha256(path) == sha256(content)


@pytest.mark.parametrize(
    ("age", "kept"),
    [(-60.0, False), (0.0, False), (SETTLED / 4, False), (SETTLED + 1, True), (3600.0, True)],
)
def test_a_file_that_has_just_changed_is_not_kept(
    age: float, kept: bool, path: Path, place: Path
) -> None:
    changed = time.time_ns() - int(age * 1e9)
    put(path, b"abc", changed)
    digests = saved(place, path)
    assert place.exists() == kept
    put(path, b"xyz", changed)
    assert digests.sha256(path) == sha256(b"abc" if kept else b"xyz")


def test_recheck_reads_every_file_once_again(path: Path, place: Path) -> None:
    saved(place, path)
    put(path, b"xyz")
    digests = Digests(place, recheck=True)
    assert digests.sha256(path) == sha256(b"xyz")
    put(path, b"123")
    assert digests.sha256(path) == sha256(b"xyz")
    digests.save()
    assert Digests(place).sha256(path) == sha256(b"xyz")


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": [1, 2', b"\xff\xfe", b"not json"])
def test_a_damaged_memory_is_forgotten_and_mended(content: bytes, path: Path, place: Path) -> None:
    saved(place, path)
    place.write_bytes(content)
    put(path, b"xyz")
    assert saved(place, path).sha256(path) == sha256(b"xyz")
    assert list(json.loads(place.read_text())) == [str(path)]


def test_a_half_written_memory_is_forgotten(path: Path, place: Path) -> None:
    saved(place, path)
    whole = place.read_bytes()
    put(path, b"xyz")
    for length in range(len(whole)):
        place.write_bytes(whole[:length])
        assert Digests(place).sha256(path) == sha256(b"xyz")


def test_saving_is_atomic(path: Path, place: Path) -> None:
    digests = saved(place, path)
    before = place.read_bytes()
    os.link(place, place.with_name("before"))  # whoever has the old file open keeps all of it
    put(path.with_name("other"), b"other")
    digests.sha256(path.with_name("other"))
    digests.save()
    assert place.with_name("before").read_bytes() == before
    assert sorted(json.loads(place.read_text())) == [str(path), str(path.with_name("other"))]
    assert sorted(found.name for found in place.parent.iterdir()) == ["before", "digests.json"]


def test_nothing_new_is_not_written(path: Path, place: Path) -> None:
    digests = saved(place, path)
    inode = place.stat().st_ino
    os.link(place, place.with_name("before"))  # so that its inode stays taken
    digests.sha256(path)
    digests.save()
    assert place.stat().st_ino == inode
