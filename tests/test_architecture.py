"""The rules of the house that a program can see, with the numbers that CONTRIBUTING.md says."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.conftest import ROOT, STEPS

ROOMS = ("step", "drift", "judging", "models", "splits", "tables", "engines", "config")  # for steps
GROUND = ("errors", "files", "paths", "context", "markdown", "network", "object_stores", "progress",
          "text")  # fmt: skip
WANDB = ("pipeline.tracking.recorder_main", "pipeline.commands.sync")  # processes of their own


@cache
def limits() -> dict[str, int]:
    """Return the largest number that is allowed, by what it counts, from CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| (at most|under) (\d+) \|$", text, re.MULTILINE)
    return {what: int(number) - (how == "under") for what, how, number in rows}


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("pipeline", *STEPS, include_external_packages=True, cache_dir=None)


def imports(of: str) -> Iterator[tuple[str, str]]:
    """Yield each module of a package and what it imports."""
    for module in graph().modules:
        if module == of or module.startswith(f"{of}."):
            for imported in graph().find_modules_directly_imported_by(module):
                yield module, imported


def allowed(imported: str, step: str) -> bool:
    top, *rest = imported.split(".")
    if top in STEPS:
        return top == step
    if top == "pipeline":
        return imported == "pipeline.store.versions" or rest[0] in ROOMS + GROUND
    return top not in ("hydra", "omegaconf", "wandb")


@pytest.mark.parametrize("step", STEPS)
def test_steps_import_what_is_for_them_and_never_each_other(step: str) -> None:
    pairs = {f"{module} {imported}" for module, imported in imports(step)
             if not allowed(imported, step)}  # fmt: skip
    assert pairs == set()


def test_the_pipeline_knows_no_step_and_wandb_only_where_it_is_a_process() -> None:
    pairs = list(imports("pipeline"))
    assert [pair for pair in pairs if pair[1].split(".")[0] in STEPS] == []
    own = {module for module, imported in pairs if imported == "wandb"}
    assert {"pipeline.tracking.wandb_run", "pipeline.commands.sync"} <= own
    users = {module for module, imported in pairs if imported in own - {*WANDB}}
    assert users - own == {WANDB[0]}  # what imports wandb is imported by these two alone


def modules() -> list[Path]:
    """Return the product's modules."""
    folders = ("pipeline", *STEPS)
    return [ROOT / "main.py", *(p for folder in folders for p in (ROOT / folder).rglob("*.py"))]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function with where it is."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)} {node.name}", node


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many arguments a function takes, without self and cls."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_sizes_of_functions() -> None:
    most, names = limits()["lines of a function"], limits()["parameters of a function"]
    long = {at for at, node in functions() if (node.end_lineno or 0) - node.lineno >= most}
    many = {at for at, node in functions() if parameters(node) > names}
    assert long == set()
    assert many == set()


def test_sizes_of_files_and_folders() -> None:
    most, held = limits()["lines of a module"], limits()["modules of a folder"]
    long = {str(path.relative_to(ROOT)) for path in modules() if lines(path) > most}
    assert long == set()
    folders = {path.parent for path in modules()} - {ROOT}
    full = {str(folder.relative_to(ROOT)) for folder in folders
            if len({*folder.glob("*.py")} - {folder / "__init__.py"}) > held}  # fmt: skip
    assert full == set()
    assert lines(ROOT / "main.py") <= limits()["lines of `main.py`"]


@pytest.mark.parametrize("step", STEPS)
def test_sizes_of_a_step(step: str) -> None:
    assert lines(ROOT / step / "run.py") <= limits()["lines of a step's `run.py`"]
    assert lines(ROOT / step / "README.md") <= limits()["lines of a step's `README.md`"]
