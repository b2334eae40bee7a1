"""Every write of a kind fails, or is killed in it, at every moment: nothing is damaged, one line.

What is thrown is what disk.c says; it sees the calls of any library. Whole runs are in the files
beside this one.
"""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import ROOT, Project, copy_project, handed, unrecorded

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="preloads a library"),
]
DISK = ROOT / "tests" / "fakes" / "disk.c"
ROWS = 50
MEMORY = Path("/dev/shm")
# Kind of write → how many faults besides a kill at every moment.
SCENES = {"manifest": 20, "record": 60, "register": 72, "digests": 24, "put": 172, "get_data": 160,
          "preprocess": 80, "segregate": 80}  # fmt: skip
STEPS = ("get_data", "preprocess", "segregate")  # each reads what the one before has left
Count = Callable[[str, object], None]


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    """A copy of the repository with a small table, in which nothing has run.

    It is in memory where that can be: most of the time would go into waiting for the disk.
    """
    memory = MEMORY if MEMORY.is_dir() else None
    with TemporaryDirectory(dir=memory, prefix="faults-") as folder:
        yield _with_table(copy_project(Path(folder, "repository")))


def _with_table(made: Project) -> Project:
    chance = random.Random(1)
    with (made.root / "table.csv").open("w", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["tempo", "key", "genre", "title"])
        rows.writerows([chance.random(), n, "xyz"[n % 3], f"title {n}"] for n in range(ROWS))
    return made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("disk") / "disk.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, DISK, "-ldl"], check=True)
    return path


@pytest.mark.parametrize("scene", SCENES)
def test_no_fault_damages_what_is_there(
    project: Project, library: Path, tmp_path: Path, scene: str, record_property: Count
) -> None:
    context = unrecorded(project.root / "artifacts", project.root / "record")
    environment = {"LD_PRELOAD": str(library), "FAULTS_SAID": str(tmp_path / "said")}
    done = subprocess.run(
        [sys.executable, "tests/programs/faults.py", scene, str(SCENES[scene])],
        cwd=project.root,
        env=project.variables | handed(context) | environment,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    record_property("faults", sum(said["borne"].values()) + len(said["faults"]))
    record_property("kills", said["borne"].get("kill", 0))
    assert said["faults"] == []
    assert said["borne"]["kill"] == said["calls"]


HANDLES = range(8, 28)  # files that a process may have open


def test_too_few_file_handles_are_one_line(project: Project, record_property: Count) -> None:
    record_property("faults", len(HANDLES))
    project.environment["WANDB_MODE"] = "disabled"
    command = "main.py main.steps=get_data main.force=[get_data] main.report=false"
    words = f"{command} data.file_url=table.csv data.sha256=null"
    refused = 0
    for most in HANDLES:
        done = project.run("bash", "-c", f"ulimit -n {most}; exec {sys.executable} {words}")
        said = done.out + done.err
        assert "Traceback" not in said, f"{most}: {said}"
        if done.status:
            refused += 1
            assert "error" in done.error.lower(), f"{most}: {said}"
    assert refused
    done = project.run("python", *words.split())
    assert done.status == 0, done.out + done.err
