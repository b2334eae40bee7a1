"""A step's command line, as its MLproject declares it: one home for names, types and defaults."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar

from pipeline import context
from pipeline.config import loader, mlproject, yaml_text
from pipeline.errors import InputError, did_you_mean
from pipeline.text.masking import lacks_secret

T = TypeVar("T")
NOTHING = ("", "null", "None")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"error: {self.prog}: {message}\n")
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
    project = mlproject.entry_point(folder / "MLproject", entry_point)
    name = folder.name if entry_point == "main" else entry_point
    parser = _Parser(prog=name, description=project.help, allow_abbrev=False)
    for name, declared in project.parameters.items():
        text = declared.help.replace("%", "%%")  # argparse fills in what follows a %
        parser.add_argument(f"--{name}", help=text, metavar=declared.kind.__name__)
    try:
        return _checked(project, *parser.parse_known_args(argv))
    except InputError as error:
        parser.error(str(error))


def _checked(
    project: mlproject.EntryPoint, texts: argparse.Namespace, unknown: list[str]
) -> argparse.Namespace:
    """Return the values of the texts that were given, and the defaults of the others."""
    for word in unknown:
        options = [f"--{name}" for name in project.parameters]
        name = word.partition("=")[0]
        raise InputError(f"unknown argument {name}: {did_you_mean(name, options)}")
    for name, declared in project.parameters.items():
        text = declared.default if getattr(texts, name) is None else getattr(texts, name)
        if text is None:
            raise loader.missing(name)
        setattr(texts, name, _value(name, _whole(name, str(text)), declared))
    mlproject.check_outputs(mlproject.outputs(project.parameters, vars(texts)))
    return texts


def _whole(name: str, value: str) -> str:
    """Return a parameter's value with its secrets; InputError if one is masked and not known."""
    result = str(context.revealed(value))
    if lacks_secret(result):
        raise InputError(
            f"{name}: {result} held a secret, which is kept nowhere; give the whole value again"
        )
    return result


def _value(name: str, text: str, declared: mlproject.Parameter) -> object:
    if declared.default == mlproject.NOTHING and text in NOTHING:
        return None
    value: object = text
    for number in () if declared.kind is str else (int, float):
        with suppress(ValueError):
            value = number(text)
            break
    return declared.checked(value, name)


def settings(kind: type[T], parameter: str, path: str | None) -> T:
    """Return what a parameter's YAML file says, checked; without a file, the defaults.

    Args:
        kind: the class that the MLproject names as the parameter's schema.
        parameter: its name.
        path: of the file.

    Raises:
        InputError: no such file, not YAML; or as pipeline.config.loader.load.
    """
    values = {} if path is None else context.revealed(yaml_text.read(path))
    return _loaded(kind, values, parameter, path)


def _loaded(kind: type[T], values: object, parameter: str, path: str | None) -> T:
    try:
        return loader.load(kind, values, parameter)
    except InputError as error:
        raise InputError(f"{path}: {error}" if path else str(error)) from None


def columns(parameter: str, value: str | None) -> list[str]:
    """Return the columns that a parameter names: ``a,b``, or the path of a YAML file with a list.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    if value is None:
        return []
    if not value.endswith((".yaml", ".yml")):
        return [name.strip() for name in value.split(",")]
    return _loaded(list[str], yaml_text.read(value), parameter, value)
