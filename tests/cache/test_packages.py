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


def test_what_is_installed_is_read_again_when_something_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(name: str) -> None:
        folder = tmp_path / "site" / f"{name}-1.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Name: {name}\nVersion: 1\n")
        (folder / "top_level.txt").write_text(f"{name}_module\n")

    def found() -> list[str]:
        known = packages.distributions_of.__wrapped__()
        return [name for name in ("one_module", "two_module") if name in known]

    monkeypatch.setattr(packages, "KEPT", tmp_path / "state" / "packages.json")
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "site")])
    add("one")
    assert found() == ["one_module"]
    with monkeypatch.context() as patch:
        patch.setattr(packages, "packages_distributions", None)  # not asked again
        assert found() == ["one_module"]
    add("two")
    assert found() == ["one_module", "two_module"]
    packages.KEPT.write_text("{torn")
    assert found() == ["one_module", "two_module"]
