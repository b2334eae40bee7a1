"""Files are there whole or not at all."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import files
from pipeline.errors import InputError


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"ü": 1})
    files.write_json(path, {"ü": [2.5, None]})
    assert json.loads(path.read_text("utf-8")) == {"ü": [2.5, None]}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_bytes_that_are_no_utf8_come_back(tmp_path: Path) -> None:
    text = b"caf\xe9, \xff".decode("utf-8", "surrogateescape")
    files.write_json(tmp_path / "a.json", {"patch": text})
    again = json.loads((tmp_path / "a.json").read_text("utf-8"))["patch"]
    assert again.encode("utf-8", "surrogateescape") == b"caf\xe9, \xff"


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "free some space there"), (errno.EROFS, "make it writable"),
     (errno.EMFILE, "raise the limit"), (errno.EIO, "the disk or the network folder fails")],
)  # fmt: skip
def test_what_a_disk_refuses_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, advice: str
) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "before")
    with monkeypatch.context() as patched:
        patched.setattr(os, call, _refusing(number))
        with pytest.raises(InputError) as refused:
            files.write_text(path, "after")
    line = str(refused.value)
    assert line.startswith(f"cannot write {path}: {os.strerror(number)}; ")
    assert advice in line
    assert line.endswith(f"(folder {tmp_path})")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def _refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_name_that_is_no_text_is_shown_on_one_line() -> None:
    assert files.shown(Path("a b.csv")) == "a b.csv"
    assert files.shown(Path(os.fsdecode(b"caf\xe9\n.csv"))) == repr("caf\\xe9\n.csv")
