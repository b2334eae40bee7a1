"""A step of one's own is made whole, in its place, or not at all."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from pipeline.commands.new import scaffold
from pipeline.commands.new import step as new_step
from pipeline.config import root_config
from pipeline.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
CSV = "${data.format}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with config.yaml and folders of the names of the steps."""
    text = (ROOT / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(text)
    for folder in ("conf", "tests", "pipeline", "assets", *yaml.safe_load(text)["steps"]):
        (tmp_path / folder).mkdir()
    return tmp_path


def names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def steps(root: Path) -> dict[str, dict[str, Any]]:
    found: Any = OmegaConf.to_container(root_config.load(root).steps)
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("after", "reads", "readers"),
    [
        ("get_data", "raw_data.parquet", {"preprocess": "input_artifact"}),
        ("preprocess", f"preprocessed_data.{CSV}",
         {"check_data": "sample_artifact", "segregate": "input_artifact"}),
        ("check_data", f"preprocessed_data.{CSV}", {"segregate": "input_artifact"}),
        ("segregate", f"data_train.{CSV}", {"train_random_forest": "train_data"}),
        ("train_random_forest", f"data_test.{CSV}", {"evaluate": "test_data"}),
        ("evaluate", "predictions.parquet", {}),
    ],
)  # fmt: skip
def test_what_it_reads_and_who_reads_it(
    root: Path, after: str, reads: str, readers: dict[str, str]
) -> None:
    before = steps(root)
    said = new_step.make(root, "tried_step", after)
    found = steps(root)
    order = list(before)
    order.insert(order.index(after) + 1, "tried_step")
    assert list(found) == order
    made = f"tried_step_data.{reads.partition('.')[2]}"
    assert found["tried_step"]["input_artifact"] == f"{reads}:latest"
    assert found["tried_step"]["artifact_name"] == made
    changed = {(step, name): value for step, values in found.items() if step in before
               for name, value in values.items() if before[step][name] != value}  # fmt: skip
    assert changed == dict.fromkeys(readers.items(), f"{made}:latest")
    assert ("the test rows do not pass through it" in said) == (after == "segregate")
    assert ("no step reads yet" in said) == (after == "evaluate")


def test_a_second_one_behind_the_same_step_comes_first(root: Path) -> None:
    new_step.make(root, "polish", "preprocess")
    new_step.make(root, "tried_step", "preprocess")
    found = steps(root)
    assert list(found)[1:4] == ["preprocess", "tried_step", "polish"]
    assert found["polish"]["input_artifact"] == f"tried_step_data.{CSV}:latest"
    assert found["segregate"]["input_artifact"] == f"polish_data.{CSV}:latest"


def test_its_files(root: Path) -> None:
    new_step.make(root, "tried_step", "preprocess")
    project = yaml.safe_load((root / "tried_step" / "MLproject").read_text())
    assert list(project["entry_points"]["main"]["parameters"]) == list(steps(root)["tried_step"])
    links = {p.name: os.readlink(p) for p in (root / "tried_step").iterdir() if p.is_symlink()}
    assert links == {"conda.yaml": "../conda.yaml", "mlflow.db": "../mlflow.db",
                     "mlruns": "../mlruns"}  # fmt: skip
    for path in root.rglob("*"):
        if path.is_file() and "tried_step" in path.as_posix():
            assert "__NAME__" not in path.read_text()
            compile(path.read_text(), path, "exec") if path.suffix == ".py" else None


@pytest.mark.parametrize(
    ("name", "after", "message"),
    [
        (None, "preprocess", "main.name is missing"),
        ("Enrich", "preprocess", "is no name for a folder of code"),
        ("my-step", "preprocess", "is no name for a folder of code"),
        ("../up", "preprocess", "is no name for a folder of code"),
        ("1st", "preprocess", "is no name for a folder of code"),
        ("", "preprocess", "is no name for a folder of code"),
        ("a" * 41, "preprocess", "is no name for a folder of code"),
        ("class", "preprocess", "is a word with a meaning"),
        ("all", "preprocess", "is a word with a meaning"),
        ("yes", "preprocess", "is a word with a meaning"),
        ("outputs", "preprocess", "is a word with a meaning"),
        ("preprocess", "preprocess", "is taken"),
        ("pipeline", "preprocess", "is taken: there is pipeline"),
        ("tests", "preprocess", "is taken: there is tests"),
        ("assets", "preprocess", "is taken: there is assets"),
        ("numpy", "preprocess", "is the name of a Python module"),
        ("json", "preprocess", "is the name of a Python module"),
        ("raw", "get_data", "there is an artifact raw_data.parquet already"),
        ("preprocessed", "get_data", "there is an artifact preprocessed_data"),
        ("tried_step", None, "main.after is missing; name the step that it follows: choose from"),
        (
            "tried_step",
            "preproces",
            "main.after=preproces is no step; .* did you mean 'preprocess'",
        ),
    ],
)
def test_what_cannot_be(root: Path, name: str | None, after: str | None, message: str) -> None:
    before = names(root)
    with pytest.raises(InputError, match=message) as raised:
        new_step.make(root, name, after)
    assert "\n" not in str(raised.value)
    assert names(root) == before


def test_nothing_is_there_when_it_cannot_be_whole(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(root)

    def last_fails(source: Path, target: Path, rename: Any = os.rename) -> None:
        if target.suffix == ".yaml":
            raise PermissionError(13, "Permission denied", str(target))
        rename(source, target)

    monkeypatch.setattr(scaffold.os, "rename", last_fails)
    with pytest.raises(
        InputError, match=r"Permission denied: .*tried_step.yaml'; nothing was made"
    ):
        new_step.make(root, "tried_step", "preprocess")
    assert names(root) - before <= {"conf/step"}  # an empty folder of no meaning


@pytest.mark.parametrize("name", ["tried_step", "tidy"])  # before and after `pipeline`
def test_its_code_keeps_the_rules_of_the_house(root: Path, name: str) -> None:
    new_step.make(root, name, "preprocess")
    (root / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    ours = 'lint.isort.known-first-party = ["pipeline"]'
    for words in (["check", "--config", ours], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, name, "tests"],
            cwd=root, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
