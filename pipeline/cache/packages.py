"""Versions of third-party packages: those of this environment, or those a conda.yaml asks for."""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import (
    PackageNotFoundError,
    distributions,
    packages_distributions,
    version,
)
from pathlib import Path

import yaml


def installed() -> dict[str, str]:
    """Return the version of every package that is installed."""
    return dict(sorted((d.metadata["Name"], d.version) for d in distributions()))


def versions_of(modules: Iterable[str], folder: Path, environment: str) -> dict[str, str]:
    """Return the versions of the packages that modules come from, and Python's minor version.

    Args:
        modules: top-level names, as they are imported.
        folder: the step's folder, with its conda.yaml.
        environment: what builds the step's environment; "local" is that of this process.

    Returns:
        Version by ``package <name>``, and ``python``.
    """
    if environment == "local":
        pins: dict[str, str] = {}
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
    else:
        pins, python = _pins((folder / "conda.yaml").read_text(encoding="utf-8"))
    versions = {"python": python}
    for module in sorted(modules):
        for package in _distributions().get(module, [module]):
            versions[f"package {package}"] = pins.get(_normal(package)) or _installed(package)
    return versions


@cache
def _distributions() -> Mapping[str, list[str]]:
    return packages_distributions()


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _pins(text: str) -> tuple[dict[str, str], str]:
    """Return the versions that a conda.yaml asks for, by package, and its Python."""
    pins: dict[str, str] = {}
    python = ""
    for item in yaml.safe_load(text)["dependencies"]:
        if isinstance(item, dict):
            lines = [re.split(r"\s*;\s*", line) for line in item["pip"]]
            for requirement, *condition in lines:
                name, _, pinned = requirement.partition("==")
                earlier = pins.get(_normal(name), "")
                entry = f"{pinned} ({condition[0]})" if condition else pinned
                pins[_normal(name)] = f"{earlier}, {entry}" if earlier else entry
        elif item.startswith("python="):
            python = item.removeprefix("python=")
    return pins, python


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
