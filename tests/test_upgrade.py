"""A clone with a dataset, model, step, experiment and defaults of its own takes a newer version."""

import os
from pathlib import Path

import pytest

from tests.conftest import Project, copy_project

pytestmark = pytest.mark.slow
PERSON = {f"GIT_{role}_{what}": "somebody@example.org" for role in ("AUTHOR", "COMMITTER")
          for what in ("NAME", "EMAIL")}  # fmt: skip
OWN = {
    "conf/data/mine.yaml": "defaults: [songs_sample, _self_]\ndescription: a table of my own\n",
    "conf/experiment/mine.yaml": "# @package _global_\njudging: {permutation_repeats: 2}\n",
    "conf/project.yaml": """\
defaults:
  - override /data: mine
  - override /model: my_model
main: {project_name: my_project, experiment_name: my_experiment}
judging: {resamples: 100, slice_resamples: 100}
""",
}
# What the newer version changes: lines of config.yaml beside all that a step touches, and others.
EDITS = {
    "config.yaml": [
        ("  test_size: 0.3 ", "  test_size: 0.25"),
        ("  check_data:\n", "  check_data:  # stops a bad table\n"),
        ("    artifact_type: preprocessed_data\n", "    artifact_type: clean_data\n"),
        ("    sample_artifact: ", "    # the newest\n    sample_artifact: "),
        ("    artifact_root: data\n", "    artifact_root: data  # of the two tables\n"),
    ],
    "README.md": [("# ", "# Newer: ")],
    "CONTRIBUTING.md": [("# ", "# Newer: ")],
    "pipeline/config/schema.py": [("@dataclass(", "# Newer.\n@dataclass(")],
    "preprocess/clean.py": [("def clean(", "NEWER = True\n\n\ndef clean(")],
    "conf/data/songs.yaml": [("description: ", "description: Newer - ")],
}  # fmt: skip
SERVE = """
import json, sys
from pathlib import Path
import mlflow.pyfunc
from mlflow.pyfunc.scoring_server import infer_and_parse_data
folder = Path(sys.argv[1])
model = mlflow.pyfunc.load_model(str(folder))
example = json.loads((folder / "serving_input_example.json").read_text())
rows = infer_and_parse_data(example, model.metadata.get_input_schema())
print(model.predict(rows).shape, sys.modules["my_model.estimator"].__file__)
"""


def git(project: Project, *words: str) -> str:
    done = project.run("git", *words, **PERSON)
    assert done.status == 0, done.out + done.err
    return done.out


def run(project: Project, *words: str) -> str:
    done = project.run("python", "main.py", *words, WANDB_MODE="disabled")
    assert done.status == 0, done.out + done.err
    return done.out


def edit(project: Project) -> None:
    for name, changes in EDITS.items():
        path = project.root / name
        text = path.read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text, (name, before)
            text = text.replace(before, after, 1)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone with parts of its own that has merged a newer version."""
    ours = copy_project(tmp_path_factory.mktemp("upgrade") / "ours")
    git(ours, "init", "--quiet", "--initial-branch=main")
    git(ours, "add", ".")
    git(ours, "commit", "--quiet", "--message=first version")
    git(ours, "clone", "--quiet", ".", "../theirs")
    theirs = Project(ours.root.parent / "theirs")
    run(theirs, "main.action=new_step", "main.name=enrich", "main.after=preprocess")
    run(theirs, "main.action=new_model", "main.name=my_model")
    for name, text in OWN.items():
        (theirs.root / name).write_text(text, encoding="utf-8")
    git(theirs, "add", ".")
    git(theirs, "commit", "--quiet", "--message=what is theirs")
    edit(ours)
    git(ours, "commit", "--quiet", "--all", "--message=next version")
    git(theirs, "pull", "--quiet", "--no-rebase", "--no-edit")
    assert git(theirs, "status", "--porcelain") == ""
    run(theirs, "experiment=mine", "main.report=false")
    return theirs


def test_the_run_afterwards_has_what_is_theirs_and_what_is_newer(upgraded: Project) -> None:
    manifest = upgraded.last_manifest()
    assert [step["step"] for step in manifest["steps"]] == [
        "get_data", "preprocess", "enrich", "check_data", "segregate", "train_random_forest",
        "evaluate",
    ]  # fmt: skip
    config = manifest["config"]
    assert config["main"]["project_name"] == "my_project"
    assert config["data"]["description"] == "a table of my own"
    assert config["data"]["test_size"] == 0.25
    assert config["judging"]["permutation_repeats"] == 2
    assert config["model"]["estimator"]["_target_"] == "my_model.estimator.MyModel"
    read = {step["step"]: [a["name"] for a in step["inputs"]] for step in manifest["steps"]}
    assert read["enrich"] == ["preprocessed_data.csv"]
    assert read["check_data"] == read["segregate"] == ["enrich_data.csv"]
    made = [upgraded.file(f"{name}_data.csv:latest") for name in ("preprocessed", "enrich")]
    assert made[0].read_bytes() == made[1].read_bytes()  # as long as it passes the table through


@pytest.mark.thorough
def test_it_is_verified(upgraded: Project) -> None:
    assert "is reproduced, bit for bit" in run(upgraded, "main.action=verify")


def test_the_same_again_changes_nothing(upgraded: Project) -> None:
    words = ("experiment=mine", "main.report=false", "main.steps=preprocess:check_data")
    lines = run(upgraded, *words).splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == [
        "[1/3] preprocess", "[2/3] enrich", "[3/3] check_data",
    ]  # fmt: skip
    assert "hit" in lines[1]
    run(upgraded, *words)
    assert run(upgraded, *words).startswith("Nothing has changed")
    given = run(upgraded, *words, "steps.enrich.artifact_type=other", "main.action=plan")
    assert "enrich · run · steps.enrich.artifact_type" in given


def test_an_edit_of_the_model_runs_its_step_again(upgraded: Project) -> None:
    file = upgraded.root / "my_model" / "estimator.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("weight * self.shares_", "weight * self.shares_ + 0"))
    try:
        plan = run(upgraded, "experiment=mine", "main.report=false", "main.action=plan")
    finally:
        file.write_text(before, encoding="utf-8")
    assert "train_random_forest · run · my_model/estimator.py changed" in plan
    assert "segregate · hit" in plan


def test_the_model_is_served_without_the_repository(upgraded: Project, tmp_path: Path) -> None:
    run(upgraded, "main.action=fetch", "main.artifact=model_export:latest",
        f"main.folder={tmp_path / 'model'}")  # fmt: skip
    program = tmp_path / "serve.py"
    program.write_text(SERVE)
    done = Project(tmp_path).run("python", str(program), "model", PYTHONPATH=os.devnull)
    assert done.status == 0, done.err
    assert f"(5, 16) {tmp_path / 'model' / 'code' / 'my_model' / 'estimator.py'}" in done.out


@pytest.mark.thorough
def test_the_step_keeps_the_rules_by_itself(upgraded: Project) -> None:
    for words in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["lint-imports"],
                  ["mypy"]):  # fmt: skip
        done = upgraded.run(*words)
        assert done.status == 0, done.out + done.err
    tests = ("tests/enrich", "tests/my_model", "tests/test_agreement.py")
    done = upgraded.run("python", "-m", "pytest", "-n0", "-q", *tests, "-k", "not pictures")
    assert done.status == 0, done.out
