"""config.yaml with the steps and defaults of whoever cloned the repository."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config import root_config
from pipeline.config.root_config import OwnStep
from pipeline.errors import InputError

STEPS: dict[str, dict[str, Any]] = {
    "first": {"out": "a.csv"},
    "second": {"in": "a.csv:latest"},
    "third": {"in": "a.csv:latest", "size": 1},
}
CONFIG = """
defaults: [schema, _self_, {data: one}, {experiment: null}]
main: {project_name: ours}
steps: {first: {out: "a.${data.format}"}, second: {in: "a.${data.format}:latest"}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "conf" / "step").mkdir(parents=True)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "MLproject").touch()
    return tmp_path


def test_a_step_stands_behind_the_one_it_names_and_is_read_instead() -> None:
    own = OwnStep("first", {"in": "a.csv:latest"}, {"third": {"in": "b.csv:latest"}})
    found = root_config.with_own(STEPS, {"mine": own})
    assert list(found) == ["first", "mine", "second", "third"]
    assert found["mine"] == {"in": "a.csv:latest"}
    assert found["second"] == {"in": "a.csv:latest"}
    assert found["third"] == {"in": "b.csv:latest", "size": 1}
    assert STEPS["third"]["in"] == "a.csv:latest"


def test_of_two_behind_the_same_the_reader_is_the_later() -> None:
    reads = OwnStep("first", {"in": "a.csv:latest"}, {"third": {"in": "y.csv:latest"}})
    made = OwnStep("first", {"in": "a.csv:latest"}, {"a_reader": {"in": "x.csv:latest"}})
    behind = OwnStep("z_maker", {})
    found = root_config.with_own(STEPS, {"a_reader": reads, "behind": behind, "z_maker": made})
    assert list(found) == ["first", "z_maker", "behind", "a_reader", "second", "third"]
    assert found["a_reader"]["in"] == "x.csv:latest"


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"first": OwnStep("second")}, "first.yaml: config.yaml has a step first as well"),
        ({"mine": OwnStep("frist")}, "mine.yaml: after=frist: did you mean 'first'"),
        ({"mine": OwnStep("mine")}, "mine.yaml: after=mine: choose from: first"),
        ({"a": OwnStep("b"), "b": OwnStep("a")}, "a, b follow one another in a circle"),
        ({"mine": OwnStep("first", {}, {"first": {}})}, "unknown key .*read_by.first: choose"),
        ({"mine": OwnStep("first", {}, {"third": {"inn": 1}})}, "read_by.third.inn: did you mean"),
    ],
)
def test_what_does_not_fit_together(own: dict[str, OwnStep], message: str) -> None:
    with pytest.raises(InputError, match=message):
        root_config.with_own(STEPS, own)


def test_the_file_of_a_step(root: Path) -> None:
    text = "after: first\nparameters: {n: 1}\nread_by: {second: {in: 'b.${data.format}:latest'}}"
    (root / "conf" / "step" / "mine.yaml").write_text(text)
    config = root_config.load(root)
    assert list(config.steps) == ["first", "mine", "second"]
    assert config.steps.mine == {"n": 1}
    config.data = {"format": "csv"}  # the reference is still to be resolved
    assert config.steps.second == {"in": "b.csv:latest"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"mine.yaml: after is missing; give it a value"),
        ("after: first\nparameter: {}", r"mine.yaml: unknown key parameter: did you mean"),
        ("after: first\nparameters: 3", r"conf/step/mine.yaml: "),
        ("after: [", r"conf/step/mine.yaml: while parsing"),
        ("- after", r"conf/step/mine.yaml: "),
    ],
)
def test_a_file_that_cannot_be_used_is_named(root: Path, text: str, message: str) -> None:
    (root / "conf" / "step" / "mine.yaml").write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        root_config.load(root)
    assert "\n" not in str(raised.value)


def test_a_step_whose_folder_is_gone(root: Path) -> None:
    (root / "conf" / "step" / "gone.yaml").write_text("after: first")
    with pytest.raises(InputError, match=r"gone.yaml: there is no gone/MLproject; bring"):
        root_config.load(root)


def test_defaults_of_ones_own_come_before_an_experiment(root: Path) -> None:
    assert "project" not in root_config.load(root).defaults
    (root / "conf" / "project.yaml").touch()
    assert root_config.load(root).defaults[2:] == [{"data": "one"}, "project", {"experiment": None}]
