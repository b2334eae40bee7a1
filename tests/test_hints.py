"""Advice in messages: every option that one names is there."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pipeline.config.schema import Config
from tests.conftest import ROOT, STEPS

PARTS = "|".join(field.name for field in fields(Config) if field.name not in ("steps", "notify"))
OPTION = re.compile(rf"(?<![\w./-])(?:{PARTS})(?:\.[a-z_0-9]+)+(?![\w/(])")
NONE = ("data.digest", "model.skops", "model.safetensors", "search.html", "main.py")  # no options


def strings(path: Path) -> Iterator[str]:
    """Yield the texts of a module but its docstrings; what they are filled with is VALUE."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inside |= set(node.values)
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "VALUE"
                          for v in node.values)  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield node.value


def is_there(option: str, kind: Any = Config) -> bool:
    """Say whether a key of the config can be called so."""
    name, _, rest = option.partition(".")
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    for plain in kinds:
        if get_origin(plain) is dict or plain is dict or plain is Any:
            inner = get_args(plain)[1] if get_args(plain) else Any
            return not rest or is_there(rest, inner)
        known = {f.name: f.type for f in fields(plain)} if is_dataclass(plain) else {}
        if name in known:
            return not rest or is_there(rest, known[name])
    return False


def options() -> set[tuple[str, str]]:
    """Return the options that texts of the product name, each with the file."""
    files = [p for folder in ("pipeline", *STEPS) for p in (ROOT / folder).rglob("*.py")]
    some = [path for path in files if OPTION.search(path.read_text(encoding="utf-8"))]
    found = {(option, path.relative_to(ROOT).as_posix()) for path in some
             for text in strings(path) for option in OPTION.findall(text)}  # fmt: skip
    return {pair for pair in found if pair[0] not in NONE}


def test_an_option_that_a_message_names_is_there() -> None:
    found = options()
    names = {option for option, _ in found}
    assert {"data.preprocess.rare", "data.preprocess.drop_missing", "data.read.dates"} <= names
    assert len(names) > 50
    assert {pair for pair in found if not is_there(pair[0])} == set()


def test_what_is_no_option() -> None:
    assert not is_there("data.preproces.rare")
    assert not is_there("data.preprocess.rar")
    assert is_there("data.preprocess.map.any.thing")
