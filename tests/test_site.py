"""The pictures and pages about the code are those of the code; short commands and hooks work."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets import draw_rooms, rooms
from pipeline.config import schema
from tests.conftest import ROOT

MAKE = shutil.which("make")
STEPS = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["steps"]
EXAMPLES = "NAME|enrich|my_model"  # what somebody makes
# That are not there, on purpose; the last is a parameter in MLflow.
EXAMPLE_KEYS = {"data.tset_size", "judging.digits", "data.digest"}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_rooms_are_drawn_as_they_are() -> None:
    assert draw_rooms.outdated(rooms.imports()) == [], "run python assets/draw_rooms.py"


def test_rooms_that_have_changed_are_seen() -> None:
    edges = rooms.imports()
    assert edges["store"] == {"ground", "text"}
    assert draw_rooms.outdated(edges | {"store": {"ground"}}) == [
        "rooms.png", "architecture.md"
    ]  # fmt: skip


def test_a_room_stands_above_those_that_it_imports() -> None:
    edges = {"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": {"c"}}
    assert rooms.levels(edges) == {"a": 2, "b": 1, "c": 0, "d": 1}
    assert rooms.ordered(edges) == ["a", "b", "d", "c"]
    assert rooms.reduced(edges) == {"a": {"b"}, "b": {"c"}, "c": set(), "d": {"c"}}
    with pytest.raises(ValueError, match="import each other"):
        rooms.levels(edges | {"c": {"a"}})


def test_an_arrow_goes_through_every_row() -> None:
    rows, ways = draw_rooms.routes({"a": {"b", "c"}, "b": {"d"}, "d": {"c"}, "c": set()})
    assert [[slot for slot in row if "@" not in slot] for row in rows] == [
        ["c"],
        ["d"],
        ["b"],
        ["a"],
    ]
    assert ["a", "a>c@2", "a>c@1", "c"] in ways
    assert draw_rooms.draw({"step": {"store"}, "store": set(), rooms.GROUND: set()}).startswith(
        b"\x89PNG"
    )


def commands() -> Iterator[tuple[str, str]]:
    """Yield the commands of the Makefile, each with its help."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return iter(re.findall(r"^([a-z-]+):.*## (.+)$", text, re.MULTILINE))


def test_at_most_ten_short_commands_explain_themselves() -> None:
    listed = dict(commands())
    assert 0 < len(listed) <= 10
    (phony,) = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony.split() == list(listed)


@pytest.mark.skipif(MAKE is None, reason="there is no make")
def test_make_alone_lists_them() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        name for name, _ in commands()
    ]


@pytest.mark.skipif(MAKE is None, reason="there is no make")
@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_what_a_short_command_starts_is_there(name: str) -> None:
    """Told by make without running it: programs of the environment, and files of the repository."""
    done = subprocess.run(
        ["make", "-n", name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout
    for word in re.findall(r"\S+\.py\b|\.ci/\S+|-c (\S+)", done.stdout):
        assert (ROOT / word).exists()


def test_hooks_run_what_is_locked() -> None:
    """Each is one command of the environment, so that a commit needs no network."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith("uv ")


def test_the_workflow_runs_what_ci_runs_here() -> None:
    workflow = yaml.safe_load(Path(ROOT, ".github/workflows/ci.yaml").read_text(encoding="utf-8"))
    ran = [step.get("run") for job in workflow["jobs"].values() for step in job["steps"]]
    assert "bash .ci/run" in ran
    assert "make docs" in ran


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 170


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_and_keys_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    folders = "pipeline|tests|assets|benchmarks|" + "|".join(STEPS)
    for name in re.findall(rf"`((?:{folders})/(?!{EXAMPLES})[\w./*-]+)`", text):
        assert list(ROOT.glob(name)), f"there is no {name}"
    for key in re.findall(
        r"(?<![\w/.-])((?:main|tracking|data|gate|judging)\.[a-z_.]+[a-z])\b", text
    ):
        if not key.endswith((".py", ".md", ".json")) and key not in EXAMPLE_KEYS:
            assert allowed(schema.Config, key.split(".")), f"there is no key {key}"
    for action in re.findall(r"main\.action=(\w+)", text):
        assert action in schema.ACTIONS


def allowed(node: Any, words: list[str]) -> bool:
    """Whether the config may hold a key; what is in a mapping may have any name."""
    if not words or not is_dataclass(node):
        return True
    types = {f.name: f.type for f in fields(node)}
    inner = types.get(words[0])
    optional = [t for t in getattr(inner, "__args__", ()) if is_dataclass(t)]
    return words[0] in types and allowed(optional[0] if optional else inner, words[1:])
