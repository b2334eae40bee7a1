"""What a run is made with: the state of the git checkout, and the machine."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

from pipeline.context import variables
from pipeline.replay.patches import masked_patch, unfit

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


class CodeState(TypedDict):
    """A git checkout: its last commit and what has changed since."""

    commit: str | None
    patch: str  # what the folder differs in, with new files, as ``git apply`` takes it
    left_out: list[str]  # new files that the patch does not take: large, or not for others
    lock: str | None  # SHA-256 of uv.lock


class Machine(TypedDict):
    """Python, system, processor and threads."""

    python: str
    system: str
    processor: str
    processors: int | None
    processors_usable: int | None
    threads: dict[str, str | None]
    encoding: str


def code_of(root: Path) -> CodeState:
    """Return the state of a git checkout.

    Outside a repository, and before its first commit, there is no commit.
    """
    lock = root / "uv.lock"
    digest = sha256(lock.read_bytes()).hexdigest() if lock.exists() else None
    state: CodeState = {"commit": None, "patch": "", "left_out": [], "lock": digest}
    try:
        state["commit"] = git(root, "rev-parse", "--verify", "HEAD").strip()
        new = git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    except (OSError, subprocess.CalledProcessError):  # no git, no repository, no commit
        return state
    fit = [name for name in new if name and not unfit(root, name)]
    patch, refused = _patch(root, fit)
    state["patch"] = masked_patch(patch)
    state["left_out"] = [n for n in new if n and (n in refused or n not in fit)]
    return state


def _patch(root: Path, new: list[str]) -> tuple[str, set[str]]:
    """Return the difference to the last commit, without touching the index or its objects.

    Also those of the new files that git cannot read: no right to, or a repository of its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = root / git(root, "rev-parse", "--git-path", "index").strip()
        objects = root / git(root, "rev-parse", "--git-path", "objects").strip()
        copy = Path(folder, "index")
        copy.write_bytes(index.read_bytes())
        apart = {
            "GIT_INDEX_FILE": str(copy),
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
        }
        git(root, "add", "--update", **apart)
        refused = {name for names in _refused(root, new, apart) for name in names}
        difference = git(root, "diff", "--cached", "--binary", "--no-ext-diff", "HEAD", **apart)
        return difference, refused


def _refused(root: Path, names: list[str], apart: dict[str, str]) -> Iterator[list[str]]:
    """Add new files to the index; yield those that git refuses, found by halving."""
    words = ("add", "--pathspec-from-file=-", "--pathspec-file-nul")
    try:
        if names:
            text = "".join(f"{name}\0" for name in names)
            git(root, "--literal-pathspecs", *words, text=text, **apart)
    except subprocess.CalledProcessError:
        if len(names) == 1:
            yield names
        else:
            middle = len(names) // 2
            yield from _refused(root, names[:middle], apart)
            yield from _refused(root, names[middle:], apart)


def git(root: Path, *words: str, text: str = "", **environment: str) -> str:
    """Run git and return what it prints; the exception holds its error text."""
    done = subprocess.run(
        ["git", *words],
        cwd=root,
        input=text.encode("utf-8", "surrogateescape"),
        env=variables() | environment,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode("utf-8", "surrogateescape")


def machine() -> Machine:
    """Return what a run ran on: Python, system, processor, threads."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "processors_usable": usable,
        "threads": {name: variables().get(name) for name in THREADS},
        "encoding": sys.getfilesystemencoding(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
