"""What a Python file means is kept by its bytes."""

import time
from pathlib import Path

import pytest

from pipeline.cache import parsed


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parsed, "KEPT", tmp_path / "state" / "parsed.json")
    forget()
    return tmp_path / "state" / "parsed.json"


def forget() -> None:
    """Be another process."""
    parsed._known.cache_clear()
    parsed.parsed.cache_clear()


def look(folder: Path, source: str) -> parsed.Parsed:
    path = folder / "a.py"
    path.write_text(source, encoding="utf-8")
    return parsed.parsed(path, time.monotonic_ns())


def test_what_was_parsed_is_not_parsed_again(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = look(tmp_path, "import b.c")
    parsed.keep()
    forget()
    monkeypatch.setattr(parsed, "_parse", lambda *_: pytest.fail("it was read"))
    assert look(tmp_path, "import b.c") == first == (first[0], ("b.c",))
    changed = kept.stat().st_mtime_ns
    parsed.keep()
    assert kept.stat().st_mtime_ns == changed


@pytest.mark.parametrize("content", ["", "{", "[1]", '[["a", 1]]', "7"])
def test_what_is_damaged_is_made_anew(kept: Path, tmp_path: Path, content: str) -> None:
    first = look(tmp_path, "import b")
    kept.parent.mkdir()
    kept.write_text(content, encoding="utf-8")
    forget()
    assert look(tmp_path, "import b") == first
    parsed.keep()
    forget()
    assert len(parsed._known()) == 1


def test_the_newest_are_kept(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed, "MOST", 2)
    found = [look(tmp_path, f"import {name}") for name in "abc"]
    parsed.keep()
    forget()
    assert list(parsed._known().values()) == found[1:]


def test_another_python_reads_for_itself(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(tmp_path, "import a")
    parsed.keep()
    forget()
    monkeypatch.setattr(parsed, "_reader", lambda: b"another")
    monkeypatch.setattr(parsed, "_parse", lambda *_: ("other", ()))
    assert look(tmp_path, "import a") == ("other", ())
