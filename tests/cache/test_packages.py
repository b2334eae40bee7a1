"""Versions of packages: those of this environment, or those that a conda.yaml asks for."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.cache import packages

CONDA = """
dependencies:
  - python=3.9
  - pip
  - pip:
      - py_yaml==0
      - PyYAML==0.1
      - numpy==1.0 ; python_full_version < '3.12'
      - numpy==2.0 ; python_full_version >= '3.12'
      - Hydra.Core==1.3 ; sys_platform == 'win32'
"""


def test_package_versions(tmp_path: Path) -> None:
    (tmp_path / "conda.yaml").write_text(CONDA)
    modules = {"yaml", "numpy", "hydra", "pandas", "absent"}
    asked = {"package PyYAML": "0.1", "package numpy": "1.0"}  # as Python 3.9 takes them
    same = {"package pandas": version("pandas"), "package absent": "not installed"}
    same["package hydra-core"] = version("hydra-core")
    assert packages.versions_of(modules, tmp_path, "conda") == asked | same | {"python": "3.9"}
    here = {f"package {name}": version(name) for name in ("PyYAML", "numpy")}
    here |= {"python": "{}.{}".format(*sys.version_info)}
    assert packages.versions_of(modules, tmp_path / "none", "local") == here | same


@pytest.mark.parametrize("environment", ["uv", "conda", "virtualenv"])
def test_equal_versions_are_equal_whatever_builds_the_environment(
    environment: str, tmp_path: Path
) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    pins = [f"{name}=={version(name)}" for name in ("PyYAML", "pandas")]
    pins += [f"numpy=={version('numpy')} ; python_version == '{here}'"]
    pins += [f"numpy==0.1 ; python_version != '{here}'", "colorama==0.4 ; sys_platform == 'win32'"]
    lines = "".join(f"      - {pin}\n" for pin in pins)
    (tmp_path / "conda.yaml").write_text(f"dependencies:\n  - python={here}\n  - pip:\n{lines}")
    modules = {"yaml", "numpy", "pandas"}
    local = packages.versions_of(modules, tmp_path, "local")
    assert packages.versions_of(modules, tmp_path, environment) == local


def test_installed_packages() -> None:
    found = packages.installed()
    assert found["numpy"] == version("numpy")
    assert list(found) == sorted(found)
