"""Whole runs on disks that are full or read-only: one line, nothing torn, and then it goes on."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Done, Project, copy_project, copy_results
from tests.test_kill import nothing_is_damaged, outputs

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(os.getuid() != 0, reason="mounts disks, which root may"),
]
LEVELS = 20  # of free space, from none to nearly enough
COMMAND = ("python", "main.py", "main.steps=get_data:preprocess", "main.report=false")
FORCED = (*COMMAND, "main.force=[get_data,preprocess]")
PLACES = (".", "artifacts", "outputs", "mlruns", ".runs", "mlflow.db")
COMMANDS = {
    "run": FORCED,
    "step": ("python", "get_data/run.py", "--file_url=assets/songs_sample.parquet"),
    "clean": ("python", "main.py", "main.action=clean", "main.dry_run=false"),
    "plan": ("python", "main.py", "main.action=plan"),
    "report": ("python", "main.py", "main.action=report"),
}
Count = Callable[[str, object], None]


def mount(*words: object) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def unmount(path: Path) -> None:
    subprocess.run(["umount", "--lazy", path], check=True)


def one_line(done: Done, when: str) -> None:
    """A command ended well, or says in one line of its own why not."""
    said = done.out + done.err
    assert "Traceback" not in said, f"{when}: {said}"
    if done.status:
        assert "error" in done.error.lower(), f"{when}: {said}"


def size(folder: Path) -> int:
    """Return the bytes that a folder takes on a disk of pages."""
    sizes = [path.lstat().st_size for path in folder.rglob("*")]
    return sum((s + 4095) // 4096 * 4096 for s in sizes) + 4096 * len(sizes)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = copy_project(tmp_path_factory.mktemp("undisturbed") / "repository")
    made.environment["WANDB_MODE"] = "disabled"
    done = made.run(*COMMAND)
    assert done.status == 0, done.out + done.err
    return made


@contextmanager
def disk(path: Path, space: int) -> Iterator[None]:
    """A disk of that many bytes."""
    path.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", f"size={space // 1024}k", "tmpfs", path)
    try:
        yield
    finally:
        unmount(path)


def test_full_disks(undisturbed: Project, tmp_path: Path, record_property: Count) -> None:
    record_property("faults", LEVELS)
    expected, whole, refused = outputs(undisturbed, "artifacts"), size(undisturbed.root), 0
    empty = size(copy_project(tmp_path / "empty").root)
    for level in range(LEVELS):
        free = (whole - empty) * level // LEVELS + 16_384
        with disk(tmp_path / "disk", 4 * whole):
            project = copy_project(tmp_path / "disk" / "repository")
            project.environment["WANDB_MODE"] = "disabled"
            used = size_on_disk(tmp_path / "disk")
            mount("-o", f"remount,size={(used + free) // 1024}k", tmp_path / "disk")
            done = project.run(*COMMAND)
            refused += done.status != 0
            one_line(done, f"{free:,} bytes free")
            nothing_is_damaged(project)
            mount("-o", f"remount,size={8 * whole // 1024}k", tmp_path / "disk")
            after = project.run(*COMMAND)
            assert after.status == 0, after.out + after.err
            assert outputs(project, "artifacts") == expected
    assert refused > LEVELS // 2


def size_on_disk(path: Path) -> int:
    return shutil.disk_usage(path).used


@pytest.mark.parametrize("place", PLACES)
def test_read_only_mounts(
    undisturbed: Project, tmp_path: Path, place: str, record_property: Count
) -> None:
    record_property("faults", len(COMMANDS))
    project = copy_results(undisturbed.root, tmp_path / "repository")
    project.environment["WANDB_MODE"] = "disabled"
    path = project.root / place
    for name, command in COMMANDS.items():
        mount("--bind", path, path)
        try:
            mount("-o", "remount,ro,bind", path)
            one_line(project.run(*command, PYTHONDONTWRITEBYTECODE="1"), f"{name} with {place}")
        finally:
            unmount(path)
        nothing_is_damaged(project)
        after = project.run(*command)
        assert after.status == 0, after.out + after.err
    assert outputs(project, "artifacts") == outputs(undisturbed, "artifacts")
