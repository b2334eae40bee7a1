"""Versions of third-party packages: those of this environment, or those a conda.yaml asks for."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import (
    PackageNotFoundError,
    distributions,
    packages_distributions,
    version,
)
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from pipeline import paths
from pipeline.files import write_text

KEPT = paths.STATE / "packages.json"


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
        for package in distributions_of().get(module, [module]):
            versions[f"package {package}"] = pins.get(_normal(package)) or _installed(package)
    return versions


@cache
def distributions_of() -> Mapping[str, list[str]]:
    """Return the packages that are installed, by the top-level modules that they have.

    To find them the lists of all packages are read, which takes half a second. So they are kept for
    as long as nothing comes to the folders of Python's path, or goes.
    """
    folders = [[place, _changed(Path(place))] for place in sys.path[1:]]
    with suppress(OSError, ValueError, KeyError, TypeError):  # none yet, or torn
        kept = json.loads(KEPT.read_bytes())
        if kept["folders"] == folders:
            packages: dict[str, list[str]] = kept["packages"]
            return packages
    found = dict(packages_distributions())
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    write_text(KEPT, json.dumps({"folders": folders, "packages": found}))
    return found


def _changed(folder: Path) -> int:
    return folder.stat().st_mtime_ns if folder.exists() else 0


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _pins(text: str) -> tuple[dict[str, str], str]:
    """Return the versions that a conda.yaml gives on this machine, by package, and its Python."""
    items = yaml.safe_load(text)["dependencies"]
    pythons = (i.removeprefix("python=") for i in items if str(i).startswith("python="))
    python = next(pythons, "")
    place = {"python_version": python, "python_full_version": python} if python else {}
    lines = [line for item in items if isinstance(item, dict) for line in item["pip"]]
    requirements = [Requirement(line) for line in lines]
    pins = {
        _normal(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(place)
    }
    return pins, python


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
