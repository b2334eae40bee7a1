"""A recorded run executed again and compared, also under another environment; what prevents it."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STEPS, Done, Project, copy_project

CLOCK = Path(__file__).parent / "fakes" / "clock.c"
ARTIFACTS = ["raw_data.parquet", "preprocessed_data.csv", "data_train.csv", "data_test.csv",
             "model_export", "predictions.parquet"]  # fmt: skip


pytestmark = pytest.mark.slow  # each proves a run by making it again
NEW = ["experiment='new é'", "data.file_url=data/songs.parquet"]


def git(project: Project, *words: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    command = ["git", *who, *words]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A git repository with uncommitted changes, in which the steps up to the split have run."""
    made = copy_project(tmp_path_factory.mktemp("verify") / "a repository")
    made.environment["WANDB_MODE"] = "disabled"
    git(made, "init", "--quiet")
    git(made, "add", ".")
    git(made, "commit", "--quiet", "-m", "first")
    split = made.root / "segregate" / "split.py"
    before, begin, after = split.read_text().partition("    keys = _keys(source, how, each)\n")
    assert begin, "the tests change the code of the split here"
    split.write_text(f"{before}    source = source\n{begin}{after}")
    (made.root / "conf" / "experiment" / "new é.yaml").write_text(
        (made.root / "conf" / "experiment" / "quick.yaml").read_text()
    )
    (made.root / "large.bin").write_bytes(b"x" * 2_000_000)
    with (made.root / ".gitignore").open("a") as ignored:
        ignored.write("/data/\n")
    (made.root / "data").mkdir()
    (made.root / "data" / "songs.parquet").write_bytes(
        (made.root / "assets" / "songs_sample.parquet").read_bytes()
    )
    done = made.run("python", "main.py", *NEW, "main.steps=:segregate")
    assert done.status == 0, done.out + done.err
    return made


@pytest.fixture(scope="module")
def whole(recorded: Project) -> str:
    """The id of a run of all steps in it, offline in W&B, as is the default."""
    done = recorded.run("python", "main.py", *NEW, "main.cache=false", WANDB_MODE="offline")
    assert done.status == 0, done.out + done.err
    return str(recorded.last_manifest()["run"])


@pytest.fixture
def project(recorded: Project) -> Iterator[Project]:
    """The same; nothing of a replay may stay behind in the repository."""
    before = git(recorded, "status", "--porcelain"), git(recorded, "worktree", "list")
    versions = sorted((recorded.root / "artifacts").rglob("*.json"))
    yield recorded
    assert (git(recorded, "status", "--porcelain"), git(recorded, "worktree", "list")) == before
    assert sorted((recorded.root / "artifacts").rglob("*.json")) == versions


def verify(project: Project, run: str = "latest", **environment: str) -> Done:
    words = ["main.action=verify", f"main.run={run}"]
    return project.run("python", "main.py", *words, **environment)


def test_the_manifest(project: Project) -> None:
    manifest = project.last_manifest()
    assert manifest["code"]["commit"] == git(project, "rev-parse", "HEAD").strip()
    assert "source = source" in manifest["code"]["patch"]
    assert manifest["code"]["left_out"] == ["large.bin"]
    assert manifest["overrides"] == [*NEW, "main.steps=':segregate'"]
    assert manifest["config"]["data"]["test_size"] == 0.3
    assert manifest["packages"]["scikit-learn"]
    assert manifest["machine"]["processors"] >= 1
    assert [step["step"] for step in manifest["steps"]] == STEPS[:4]
    split = manifest["steps"][3]
    assert split["reason"] == "run: first time"
    assert [a["name"] for a in split["outputs"]] == [
        "data_train.csv", "data_test.csv", "data_certificate.json"]  # fmt: skip
    assert split["inputs"][0]["digest"] == manifest["steps"][1]["outputs"][0]["digest"]
    parent = next(run for run in project.runs() if run["id"] == manifest["run"])
    kept = Path(parent["artifacts"].removeprefix("file://")) / "manifest.json"
    assert json.loads(kept.read_text()) == manifest


def only_one_processor() -> None:
    """Run in the child before it starts: a strict mask, and the first processor alone."""
    os.umask(0o077)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def test_identical(project: Project) -> None:
    done = verify(project)
    assert done.status == 0, done.out + done.err
    verdicts = re.findall(r"^(\w+) +(\w+): (.*)$", done.out, re.MULTILINE)
    found = [(step, what) for verdict, step, what in verdicts if verdict == "identical"]
    assert ("segregate", "data_test.csv") in found
    assert ("segregate", "data_certificate.json") in found
    assert "differs" not in done.out
    assert "large.bin was new; the manifest keeps no such file" in done.out


@pytest.mark.slow
def test_identical_under_another_environment(whole: str, project: Project, tmp_path: Path) -> None:
    """Working folder, hash seed, time zone, language, mask, home, user, clock, threads, CPUs."""
    other = {
        "PYTHONHASHSEED": "4242", "TZ": "Asia/Kolkata", "LC_ALL": "C", "LANG": "C",
        "HOME": str(tmp_path), "USER": "somebody", "LOGNAME": "somebody", "TMPDIR": str(tmp_path),
        "OMP_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1",
    }  # fmt: skip
    if shutil.which("cc"):  # without a compiler the clock stays as it is
        library = str(tmp_path / "clock.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, str(CLOCK)], check=True)
        other["LD_PRELOAD"] = library
    done = with_start(project, whole, only_one_processor, other)
    assert done.status == 0, done.out + done.err
    found = re.findall(r"^(identical|equal|differs) +(\w+): (.*)$", done.out, re.MULTILINE)
    assert {verdict for verdict, _, _ in found} == {"identical"}
    assert [what for _, _, what in found if what in ARTIFACTS] == ARTIFACTS
    (recorded,) = [what for _, step, what in found if step == "evaluate" and " metrics" in what]
    assert re.fullmatch(r"\d+ metrics, \d+ tables(, \d+ pictures)?", recorded)
    assert re.search(r"^Run [0-9a-f]{8} is reproduced, bit for bit: \d+ compared$", done.out,
                     re.MULTILINE)  # fmt: skip
    assert "large.bin was new; the manifest keeps no such file" in done.out


def with_start(
    project: Project, run: str, start: Callable[[], None], environment: dict[str, str]
) -> Done:
    done = subprocess.run(
        project.words(("python", "main.py", "main.action=verify", f"main.run={run}")),
        cwd=project.root, env=project.variables | environment, preexec_fn=start,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.thorough
def test_the_number_of_jobs_changes_nothing(project: Project) -> None:
    """Two runs that differ in n_jobs and store only: the same bytes in every artifact."""
    for jobs in (1, 2):
        words = ["experiment=quick", f"main.artifact_store=jobs_{jobs}", "main.cache=false"]
        words += [f"model.estimator.n_jobs={jobs}", "main.experiment_name=jobs"]
        done = project.run("python", "main.py", *words)
        assert done.status == 0, done.out + done.err
    objects = [
        {path.name: path.parent.name for path in (project.root / f"jobs_{n}").glob("objects/*/*/*")}
        for n in (1, 2)
    ]
    assert objects[0] == objects[1]
    assert len(objects[0]) >= len(ARTIFACTS)
    for n in (1, 2):
        shutil.rmtree(project.root / f"jobs_{n}")


@pytest.fixture(scope="module")
def middle(recorded: Project) -> str:
    """The id of a run that began in the middle."""
    done = recorded.run("python", "main.py", *NEW, "main.steps=segregate",
                        "main.force=[segregate]", "main.experiment_name=middle")  # fmt: skip
    assert done.status == 0, done.out + done.err
    return str(recorded.last_manifest()["run"])


@pytest.mark.slow
def test_a_step_of_earlier_outputs(middle: str, project: Project) -> None:
    """What it read is brought from the store."""
    done = verify(project, middle[:10])
    assert done.status == 0, done.out + done.err
    assert "identical segregate: data_test.csv" in done.out


@pytest.fixture
def change(project: Project) -> Iterator[Callable[[Callable[[dict[str, Any]], None]], str]]:
    """Change the manifest of the first run, as if something else had been recorded; its run id."""
    path = min(project.root.glob("outputs/*/*/manifest.json"), key=str)
    text = path.read_text()

    def changed(how: Callable[[dict[str, Any]], None]) -> str:
        content = json.loads(text)
        how(content)
        path.write_text(json.dumps(content))
        return str(content["run"])

    yield changed
    path.write_text(text)


Change = Callable[[Callable[[dict[str, Any]], None]], str]


@pytest.mark.slow
def test_it_differs(project: Project, change: Change) -> None:
    """The recorded code is other than what made the recorded artifacts: here, its patch is lost."""

    def other_code(manifest: dict[str, Any]) -> None:
        manifest["code"]["patch"] = manifest["code"]["patch"].replace(
            "source = source\n", "import dataclasses; how = dataclasses.replace(how, seed=7)\n"
        )
        manifest["packages"]["scikit-learn"] = "1.0.0"

    done = verify(project, change(other_code))
    assert done.status == 1
    assert re.search(r"^not as recorded: scikit-learn 1\.0\.0 → [\d.]+$", done.out, re.MULTILINE)
    assert "identical preprocess: preprocessed_data.csv" in done.out
    (line,) = re.findall(r"^differs +segregate: data_train.csv (.*)$", done.out, re.MULTILINE)
    assert re.fullmatch(r"\(column \w+, row 0: .* → .*; [\d,]+ rows differ.*\)", line)
    assert re.search(r"^error: run \w+ is not reproduced: \d+ of \d+ differ, first segregate: "
                     r"data_train.csv .* not as recorded: scikit-learn 1\.0\.0 → ", done.err,
                     re.MULTILINE)  # fmt: skip


def no_commit(manifest: dict[str, Any]) -> None:
    manifest["code"]["commit"] = None


def unknown_commit(manifest: dict[str, Any]) -> None:
    manifest["code"]["commit"] = "0" * 40


def failed_step(manifest: dict[str, Any]) -> None:
    manifest["steps"][2]["status"] = "failed"


def other_file(manifest: dict[str, Any]) -> None:
    manifest["steps"][0]["facts"]["file file_url"] = "0" * 64 + " .parquet"


def gone_file(manifest: dict[str, Any]) -> None:
    manifest["steps"][0]["parameters"]["file_url"] = "data/gone.parquet"


REFUSED = [
    (no_commit, "was not made from a commit of a git repository"),
    (unknown_commit, r"\(commit 000000000000\) cannot be brought back: fatal: "),
    (failed_step, "has nothing to compare with: step check_data failed"),
    (other_file, "cannot verify: input file data/songs.parquet of get_data has changed"),
    (gone_file, "cannot verify: input file data/gone.parquet of get_data is gone"),
]


@pytest.mark.parametrize(("how", "said"), REFUSED)
def test_it_cannot(
    project: Project, change: Change, how: Callable[[dict[str, Any]], None], said: str
) -> None:
    done = verify(project, change(how))
    assert done.status == 1
    assert re.search(rf"^error: .*{said}", done.err, re.MULTILINE), done.err
    assert "Traceback" not in done.err


def test_no_such_run(project: Project) -> None:
    done = verify(project, "feed")
    assert done.status == 1
    assert re.search("^error: main.run=feed: there is no such run; the newest are: ", done.err,
                     re.MULTILINE)  # fmt: skip


@pytest.mark.slow
def test_an_input_artifact_is_gone(middle: str, project: Project) -> None:
    path = project.root / "artifacts" / "versions" / "preprocessed_data.csv" / "v0.json"
    text = path.read_text()
    path.unlink()
    done = verify(project, middle)
    path.write_text(text)
    assert done.status == 1
    assert "cannot verify: preprocessed_data.csv:v0, which segregate read, is gone" in done.err
