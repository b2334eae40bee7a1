"""Versions of packages: those of this environment, or those that a conda.yaml asks for."""

import sys
from importlib.metadata import version
from pathlib import Path

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
    asked = {"package PyYAML": "0.1", "package hydra-core": "1.3 (sys_platform == 'win32')"} | {
        "package numpy": "1.0 (python_full_version < '3.12'), 2.0 (python_full_version >= '3.12')"
    }
    same = {"package pandas": version("pandas"), "package absent": "not installed"}
    assert packages.versions_of(modules, tmp_path, "conda") == asked | same | {"python": "3.9"}
    here = {f"package {name}": version(name) for name in ("PyYAML", "hydra-core", "numpy")}
    here |= {"python": "{}.{}".format(*sys.version_info)}
    assert packages.versions_of(modules, tmp_path / "none", "local") == here | same


def test_installed_packages() -> None:
    found = packages.installed()
    assert found["numpy"] == version("numpy")
    assert list(found) == sorted(found)
