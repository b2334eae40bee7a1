"""Never the same work twice: which steps run again after a change, and what they say about it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.artifacts import Store
from pipeline.tables import table_files
from tests.conftest import Done, Project, copy_project

STEPS = ["get_data", "preprocess", "check_data", "segregate", "train_random_forest", "evaluate"]
QUICK = ["experiment=quick", "data.file_url=data/songs.parquet"]
BEHIND = {"train_random_forest": "input data_train.csv is made anew",
          "evaluate": "input model_export is made anew"}  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the repository in which everything has run once, on a table that is not in git."""
    made = copy_project(tmp_path_factory.mktemp("cache") / "repository")
    (made.root / "data").mkdir()
    (made.root / "assets" / "songs_sample.parquet").rename(made.root / "data" / "songs.parquet")
    first = run(made)
    assert reasons(first) == dict.fromkeys(STEPS, "run: first time")
    return made


@pytest.fixture
def project(done: Project) -> Iterator[Project]:
    """The same; after the test its files of code are again as they were, times included."""
    before = {path: (path.read_bytes(), path.stat()) for path in done.root.glob("*/*.py")}
    yield done
    for path, (content, status) in before.items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def run(project: Project, *words: str, **environment: str) -> Done:
    finished = project.run("python", "main.py", *QUICK, *words, **environment)
    assert finished.status == 0, finished.out + finished.err
    return finished


def reasons(finished: Done) -> dict[str, str]:
    """Return what each step said about why it runs or does not, by step."""
    said = re.findall(r"^\[\d/\d\] (\w+)  (.*)$", finished.out, re.MULTILINE)
    return {step: re.sub(r"run [0-9a-f]{8}, .*", "run X", reason) for step, reason in said}


def plan(project: Project, *words: str, **environment: str) -> dict[str, str]:
    """Return what the plan says of the steps that are not hits, by step."""
    lines = run(project, "main.action=plan", *words, **environment).out.splitlines()
    cells = [line.split(" · ") for line in lines]
    assert [cell[0] for cell in cells] == STEPS
    return {step: why for step, verdict, why, _ in cells if verdict != "hit"}


def edit(project: Project, name: str, old: str, new: str) -> None:
    path = project.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_nothing_changed(project: Project) -> None:
    """Neither step nor mlflow, wandb, pandas, scikit-learn: then not even Hydra."""
    code = """
import atexit, runpy, sys
def tell():
    print("loaded:", *sorted({name.split(".")[0] for name in sys.modules}))
atexit.register(tell)
runpy.run_path("main.py", run_name="__main__")
"""
    for dear in (["mlflow", "wandb", "pandas", "sklearn"], ["hydra", "yaml", "obstore"]):
        finished = project.run("python", "-c", code, *QUICK, PYTHONPATH=str(project.root))
        assert finished.status == 0, finished.err
        assert reasons(finished) == dict.fromkeys(STEPS, "hit: same as run X")
        assert "evaluate · cached · 1,457 → 1,457 · auc 0.91" in finished.out
        (loaded,) = re.findall("^loaded: (.*)$", finished.out, re.MULTILINE)
        assert not set(dear) & set(loaded.split())
    assert finished.out.startswith("Nothing has changed since")


def test_files_touched(project: Project) -> None:
    run(project)
    for name in ("data/songs.parquet", "segregate/split.py", "config.yaml"):
        (project.root / name).touch()
    finished = run(project)
    assert reasons(finished) == dict.fromkeys(STEPS, "hit: same as run X")
    assert "Nothing has changed" not in finished.out  # it was looked into


WORDS = [
    ("segregate/split.py", '"""Divide a table into', '"""Cut a table into'),
    ("segregate/split.py", "    Args:", "    Arguments of it:"),
    (
        "segregate/split.py",
        "    asked = audit",
        "    # a comment\n\n    asked =   audit",
    ),
    ("pipeline/splits/division.py", "import numpy as np", "import numpy as np  # the library"),
]


@pytest.mark.parametrize(("name", "old", "new"), WORDS)
def test_words_edited(project: Project, name: str, old: str, new: str) -> None:
    edit(project, name, old, new)
    assert plan(project) == {}


SPLITS = {"segregate": "pipeline/splits/division.py changed"} | BEHIND
CODE = [
    ("segregate/split.py", "    asked = audit", "    assert source\n    asked = audit",
     {"segregate": "segregate/split.py changed"} | BEHIND),
    ("pipeline/splits/division.py", "METHODS = {", "SEEN = 1\nMETHODS = {", SPLITS),
    ("pipeline/models/features.py", "from ", "SEEN = 1\nfrom ",  # a helper of judge and of train
     {"train_random_forest": "pipeline/models/features.py changed",
      "evaluate": BEHIND["evaluate"]}),
    ("pipeline/judging/metrics.py", "from ", "SEEN = 1\nfrom ",  # a helper of judge, a helper
     {"train_random_forest": "pipeline/judging/metrics.py changed",
      "evaluate": BEHIND["evaluate"]}),
    ("evaluate/evaluate.py", "from ", "SEEN = 1\nfrom ",
     {"evaluate": "evaluate/evaluate.py changed"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "running"), CODE, ids=[c[0] for c in CODE])
def test_code_edited(
    project: Project, name: str, old: str, new: str, running: dict[str, str]
) -> None:
    edit(project, name, old, new)
    assert plan(project) == running


def test_a_new_module_beside_the_step(project: Project) -> None:
    path = project.root / "segregate" / "more.py"
    path.write_text("")
    found = plan(project)
    path.unlink()
    assert found == {"segregate": "segregate/more.py is new"} | BEHIND


def test_a_parameter_changed_and_changed_back(project: Project) -> None:
    run(project, "data.test_size=0.2")
    again = run(project)
    assert reasons(again) == dict.fromkeys(STEPS, "hit: same as run X")
    assert project.manifest("data_test.csv:latest")["version"] == 0  # the alias came back
    assert project.manifest("predictions.parquet:latest")["version"] == 0
    changed = reasons(run(project, "data.test_size=0.25"))
    assert changed["check_data"] == "hit: same as run X"
    assert changed["segregate"] == "run: data.test_size 0.3 → 0.25"
    assert re.fullmatch(r"run: input data_train.csv v0 → v\d", changed["train_random_forest"])
    assert re.fullmatch(r"run: input model_export v0 → v\d; input data_test.csv v0 → v\d",
                        changed["evaluate"])  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["model.estimator.max_depth=7"], "model.estimator.max_depth 13 → 7"),
        (["main.random_seed=7"], "main.random_seed 42 → 7"),
        (["main.force=[train_random_forest]"], "forced (main.force=[train_random_forest])"),
    ],
)
def test_only_the_step_and_those_behind_it(project: Project, words: list[str], why: str) -> None:
    run(project)  # the newest execution is the one to compare with
    found = plan(project, *words)
    assert found["train_random_forest" if "seed" not in why else "segregate"] == why
    assert found["evaluate"] == "input model_export is made anew"
    assert not {"get_data", "preprocess", "check_data"} & set(found)


def test_cache_off(project: Project) -> None:
    found = plan(project, "main.cache=false")
    assert found["get_data"] == "main.cache=false"
    assert list(found) == STEPS


def object_of(project: Project, name: str) -> Path:
    return project.file(f"{name}:latest")


@pytest.mark.parametrize("name", ["data_test.csv", "predictions.parquet"])
@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_an_output_is_lost(project: Project, name: str, harm: str) -> None:
    """Only the step that made it runs: what it makes is the same, so those behind it need not."""
    run(project)
    file = object_of(project, name)
    content = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(content[:-1] + b"!")
    maker = "segregate" if name == "data_test.csv" else "evaluate"
    finished = run(project)
    expected = dict.fromkeys(STEPS, "hit: same as run X")
    assert reasons(finished) == expected | {maker: f"run: output {name}:v0 is {harm}"}
    assert file.read_bytes() == content


def test_an_input_replaced(project: Project, tmp_path: Path) -> None:
    run(project)
    known = project.manifest("preprocessed_data.csv:v0")
    table = table_files.read(project.file("preprocessed_data.csv:v0"), known["metadata"])
    path = tmp_path / "preprocessed_data.csv"
    metadata = table_files.write(table.slice(100), path)
    store = Store(project.root / "artifacts")
    store.put("preprocessed_data.csv", path, "preprocessed_data", metadata=metadata)
    finished = run(project, "main.steps=segregate")
    assert reasons(finished) == {"segregate": "run: input preprocessed_data.csv v0 → v1"}
    assert "4,754 → " in finished.out
    assert plan(project) == {}  # preprocess itself, in the whole, still gives the first


def test_the_raw_table_changed(project: Project) -> None:
    path = project.root / "data" / "songs.parquet"
    content, status = path.read_bytes(), path.stat()
    table_files.write(table_files.read_foreign(path, "songs").slice(10), path)
    found = plan(project)
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert found["get_data"] == "data.file_url data/songs.parquet changed"
    assert list(found) == STEPS


def test_a_package_of_another_version(project: Project, tmp_path: Path) -> None:
    """A stand-in for an upgrade: another version's metadata stands before the installed one's."""
    info = tmp_path / "requests-99.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: requests\nVersion: 99.0\n")
    found = plan(project, PYTHONPATH=str(tmp_path))
    assert re.fullmatch(r"requests [\d.]+ → 99\.0", found["get_data"])  # the others do not use it
    assert found["preprocess"] == "input raw_data.parquet is made anew"


def test_a_failed_step_never_serves(project: Project) -> None:
    bad = ["data.test_size=0.35", "data.checks.columns.tempo.max=100"]
    for _ in range(2):
        failed = project.run("python", "main.py", *QUICK, *bad)
        assert failed.status == 1
        assert reasons(failed)["preprocess"] == "hit: same as run X"
        assert reasons(failed)["check_data"].startswith("run: data.checks.columns.tempo.max 300")
        assert "segregate" not in reasons(failed)
    repaired = reasons(run(project, bad[0]))
    assert repaired["check_data"] == "hit: same as run X"
    assert repaired["segregate"].startswith("run: data.test_size ")


def test_mlflow_shows_what_was_served(project: Project) -> None:
    run(project, "main.force=[evaluate]", "main.experiment_name=forced")
    runs = project.runs()
    parent = next(r for r in runs if r["name"] == "forced")
    children = {r["name"]: r for r in runs if r["tags"].get("mlflow.parentRunId") == parent["id"]}
    assert sorted(children) == sorted(STEPS)
    served, ran = children["train_random_forest"], children["evaluate"]
    assert served["tags"]["pipeline.cached"] == "true"
    original = next(r for r in runs if r["id"] == served["tags"]["pipeline.cached_from_step"])
    assert original["metrics"] == served["metrics"]
    assert original["tags"]["mlflow.parentRunId"] == served["tags"]["pipeline.cached_from"]
    assert "pipeline.cached" not in ran["tags"]
    assert ran["tags"]["pipeline.reason"] == "run: forced (main.force=[evaluate])"
    assert parent["metrics"]["train_random_forest/auc"] == served["metrics"]["auc"]


def test_two_pipelines_side_by_side_do_not_mix(project: Project) -> None:
    sizes = {"0.4": 1942, "0.15": 729}
    running = {
        size: project.start("python", "main.py", *QUICK, f"data.test_size={size}") for size in sizes
    }
    for size, process in running.items():
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0, out
        made = re.findall(
            r"^evaluate · finished .*? (predictions.parquet:v\d+), evaluation", out, re.MULTILINE
        )
        assert project.manifest(made[0])["metadata"]["rows"] == sizes[size]
        inputs = {i["name"]: i for i in project.manifest(made[0])["inputs"]}
        test = project.manifest(f"data_test.csv:v{inputs['data_test.csv']['version']}")
        assert test["metadata"]["rows"] == sizes[size]
