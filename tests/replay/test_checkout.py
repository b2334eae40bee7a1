"""The state of a git checkout, with whatever lies in it."""

import json
import subprocess
from pathlib import Path

import pytest

from pipeline import files
from pipeline.replay import checkout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "a.py").write_text("a = 1\n")
    who = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


def test_files_in_any_encoding_come_back_from_the_manifest(root: Path, tmp_path: Path) -> None:
    content = "Künstler;Straße\n".encode("latin-1") * 3
    (root / "songs.csv").write_bytes(content)
    (root / "a.py").write_bytes(b"a = 1  # caf\xe9\n")
    state = checkout.code_of(root)
    files.write_json(tmp_path / "manifest.json", state)
    patch = json.loads((tmp_path / "manifest.json").read_bytes())["patch"]
    copy = tmp_path / "copy"
    checkout.git(root, "worktree", "add", "--quiet", "--detach", str(copy), state["commit"] or "")
    checkout.git(copy, "apply", "--binary", "--whitespace=nowarn", text=patch)
    assert (copy / "songs.csv").read_bytes() == content
    assert (copy / "a.py").read_bytes() == b"a = 1  # caf\xe9\n"


def test_what_git_cannot_read_is_left_out(root: Path) -> None:
    for name in ("one", "two", "three"):
        (root / f"{name}.txt").write_text(name)
    other = root / "other"
    other.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=other, check=True)  # without a commit
    (other / "file").write_text("x")
    (root / "gone.txt").symlink_to("nowhere")
    state = checkout.code_of(root)
    assert state["left_out"] == ["other/"]
    for name in ("one", "two", "three", "gone"):
        assert f"+++ b/{name}.txt" in state["patch"]
