"""A step's command line, as its MLproject declares it: one home for names, types and defaults."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from pipeline.errors import InputError

TYPES = {"float": float, "int": int}
NOTHING = ("", "null", "None")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        known = " ".join(f"--{action.dest}" for action in self._actions if action.dest != "help")
        sys.stderr.write(f"error: {self.prog}: {message}; it takes {known}\n")
        sys.exit(2)


def parse(
    script: str, argv: list[str] | None = None, entry_point: str = "main"
) -> argparse.Namespace:
    """Read the arguments of a step, or of another entry point.

    The MLproject beside the script names every parameter with its type, help and default. A
    parameter without default is required. One whose default is ``null`` is optional: ``null``,
    ``None`` and the empty text all give ``None``.

    Args:
        script: the step's ``__file__``.
        argv: the arguments; by default those of the process.
        entry_point: which one of the MLproject.

    Returns:
        A namespace with one attribute per parameter, as float, int, str or None.
    """
    folder = Path(script).resolve().parent
    project = yaml.safe_load((folder / "MLproject").read_text(encoding="utf-8"))
    main = project["entry_points"][entry_point]
    name = project["name"] if entry_point == "main" else entry_point
    parser = _Parser(prog=name, description=main.get("help"), allow_abbrev=False)
    for name, declared in main["parameters"].items():
        parser.add_argument(f"--{name}", **_argument(declared))
    return parser.parse_args(argv)


def _argument(declared: dict[str, Any]) -> dict[str, Any]:
    kind = TYPES.get(declared.get("type", "string"), str)
    default = declared.get("default")
    text = str(declared.get("help") or "").replace("%", "%%")  # argparse fills in what follows a %
    settings = {"help": text, "required": default is None, "metavar": kind.__name__}
    if default == "null":
        return settings | {"type": _optional(kind), "default": None}
    return settings | {"type": kind, "default": None if default is None else kind(default)}


def _optional(kind: type) -> Any:
    def convert(text: str) -> Any:
        return None if text in NOTHING else kind(text)

    convert.__name__ = kind.__name__  # argparse names it in "invalid float value"
    return convert


def yaml_file(parameter: str, path: str | None) -> dict[str, Any]:
    """Return the mapping in a YAML file; no path gives an empty one.

    Raises:
        InputError: no such file, not YAML, or not a mapping.
    """
    if path is None:
        return {}
    content = _yaml(parameter, path)
    if not isinstance(content, dict):
        raise InputError(f"{parameter} {path}: it must hold a mapping (key: value)")
    return content


def _yaml(parameter: str, path: str) -> Any:
    """Return what a YAML file holds; InputError when it cannot be read."""
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{parameter} {path}: {reason}; give a YAML file") from None


def yaml_values(parameter: str, path: str, keys: Sequence[str]) -> list[Any]:
    """Return the values of the keys that a YAML file must hold, and no others.

    Raises:
        InputError: as yaml_file; or names the keys that are missing or unknown.
    """
    content = yaml_file(parameter, path)
    if set(content) != set(keys):
        raise InputError(
            f"{parameter} {path}: it must hold {', '.join(keys)}; it holds "
            f"{', '.join(map(str, content)) or 'nothing'}"
        )
    return [content[key] for key in keys]


def columns(parameter: str, value: str | None) -> list[str]:
    """Return the columns that a parameter names: ``a,b``, or the path of a YAML file with a list.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    if value is None:
        return []
    if not value.endswith((".yaml", ".yml")):
        return [name.strip() for name in value.split(",")]
    content = _yaml(parameter, value)
    if not isinstance(content, list):
        raise InputError(f"{parameter} {value}: it must hold a list of columns")
    return [str(name) for name in content]
