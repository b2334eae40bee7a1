"""Which modules a step's imports run, and which of them come from elsewhere."""

import tempfile
from pathlib import Path

import pytest

from pipeline.cache import code_digests

FILES = {
    "lib.py": "",
    "unused.py": "import unknown",
    "statistics.py": "",  # the repository comes before the standard library
    "pkg/__init__.py": "",
    "pkg/mod.py": "",
    "pkg/unused.py": "",
    "pkg/sub/__init__.py": "",
    "pkg/sub/deep.py": "",
    "ns/mod.py": "",
    "ns/sub/deep.py": "",
    "wandb/run/output.log": "",  # results, not a module
    "chain.py": "import chain_two",
    "chain_two.py": "def f():\n    import chain, chain_three",
    "chain_three.py": "import yaml",
    "init/__init__.py": "from init.mod import x",
    "init/mod.py": "import lib",
    "rel/__init__.py": "",
    "rel/here.py": "from . import two",
    "rel/name.py": "from . import NAME",
    "rel/of.py": "from .two import x",
    "rel/two.py": "",
    "rel/sub/__init__.py": "",
    "rel/sub/up.py": "from .. import two",
    "rel/sub/cousin.py": "from ..two import x",
    "rel/sub/down.py": "from ..sub.leaf import x",
    "rel/sub/leaf.py": "",
    "step/near.py": "",
    "step/lib.py": "",  # behind the repository's
    "step/tools/__init__.py": "from . import hammer",
    "step/tools/hammer.py": "",
}
STEP = {"step/run.py", *(name for name in FILES if name.startswith("step/"))}
LIB, PKG, SUB = ["lib.py"], ["pkg/__init__.py"], ["pkg/__init__.py", "pkg/sub/__init__.py"]
REL, DEEP = ["rel/__init__.py"], ["rel/__init__.py", "rel/sub/__init__.py"]


def run(source: str) -> tuple[set[str], set[str]]:
    """Return the files outside the step that a run.py has, and the modules from elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {**FILES, "step/run.py": source}.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        digests, foreign = code_digests.of_step(Path(folder, "step"), Path(folder))
    assert set(digests) >= STEP
    return set(digests) - STEP, foreign


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("", []),
        ("import lib", LIB),
        ("import lib as other", LIB),
        ("from lib import a, b as c", LIB),
        ("from lib import *", LIB),
        ("def f():\n    def g():\n        import lib", LIB),
        ("class A:\n    from lib import x", LIB),
        ("try:\n    import lib\nexcept ImportError:\n    pass", LIB),
        ("if False:\n    import lib", LIB),
        ('"""import unused"""\n# import unused\nx = "import unused"', []),
        ("import lib, pkg", LIB + PKG),
        ("import statistics", ["statistics.py"]),
        ("import pkg.mod", [*PKG, "pkg/mod.py"]),
        ("from pkg import mod", [*PKG, "pkg/mod.py"]),
        ("from pkg.mod import x", [*PKG, "pkg/mod.py"]),
        ("from pkg import NAME", PKG),
        ("from pkg import *", PKG),
        ("import pkg.sub", SUB),
        ("import pkg.sub.deep", [*SUB, "pkg/sub/deep.py"]),
        ("from pkg.sub import deep", [*SUB, "pkg/sub/deep.py"]),
        ("import ns.mod", ["ns/mod.py"]),
        ("from ns import mod", ["ns/mod.py"]),
        ("from ns.mod import x", ["ns/mod.py"]),
        ("from ns.sub.deep import x", ["ns/sub/deep.py"]),
        ("import init", ["init/__init__.py", "init/mod.py", *LIB]),
        ("import rel.here", [*REL, "rel/here.py", "rel/two.py"]),
        ("import rel.name", [*REL, "rel/name.py"]),
        ("import rel.of", [*REL, "rel/of.py", "rel/two.py"]),
        ("import rel.sub.up", [*DEEP, "rel/sub/up.py", "rel/two.py"]),
        ("import rel.sub.cousin", [*DEEP, "rel/sub/cousin.py", "rel/two.py"]),
        ("import rel.sub.down", [*DEEP, "rel/sub/down.py", "rel/sub/leaf.py"]),
        ("from step import near", []),
        ("import near", []),
        ("from near import x", []),
        ("import tools.hammer", []),
        ("from . import near", []),
        ("from .tools import hammer", []),
    ],
)
def test_files_that_imports_run(source: str, files: list[str]) -> None:
    assert run(source) == (set(files), set())


def test_imports_are_followed_through_modules_and_circles() -> None:
    assert run("import chain") == ({"chain.py", "chain_two.py", "chain_three.py"}, {"yaml"})


@pytest.mark.parametrize(
    ("source", "foreign"),
    [
        ("import os, json.decoder, sys as s", set()),
        ("from __future__ import annotations\nfrom os.path import join", set()),
        ("import yaml", {"yaml"}),
        ("import numpy.linalg as n", {"numpy"}),
        ("def f():\n    from sklearn.ensemble import A, B", {"sklearn"}),
        ("import wandb", {"wandb"}),
        ("from wandb.sdk import x", {"wandb"}),
        ("import absent, os", {"absent"}),
    ],
)
def test_the_standard_library_and_packages_are_told_apart(source: str, foreign: set[str]) -> None:
    assert run(source) == (set(), foreign)


def test_a_step_imports_its_own_modules_that_import_others() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "step").mkdir()
        (root / "step" / "near.py").write_text("import lib")
        (root / "lib.py").write_text("import own")  # found in the step's folder, as run.py is there
        (root / "step" / "own.py").write_text("import pandas")
        digests, foreign = code_digests.of_step(root / "step", root)
    assert (sorted(digests), foreign) == (["lib.py", "step/near.py", "step/own.py"], {"pandas"})
