"""What lies beside an exported model so that MLflow can serve it: its loader, its packages."""

import hashlib
import json
import sysconfig
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import yaml

from pipeline.models import boosters, pyfunc, regressor
from pipeline.models.prepared import asked
from pipeline.models.serving import About

CODE = "code"


def add_to(folder: Path, facts: About, packages: Iterable[str] = ()) -> None:
    """Let MLflow load a saved scikit-learn model through a copy of pyfunc.py beside it.

    Args:
        folder: the saved model.
        facts: what serving.json is to hold.
        packages: top-level packages that its classes are from. One that is not installed is
            copied beside pyfunc.py, whole and by itself: what it imports has to be installed.
    """
    (folder / CODE).mkdir()
    module = _add_module(folder, Path(pyfunc.__file__).read_bytes())
    if "interval" in facts:
        own = Path(regressor.__file__).read_bytes()
        module = _add_module(folder, own.replace(pyfunc.__name__.encode(), module.encode()))
    if "preparation" in facts:
        module = asked.loader(folder / CODE, facts, module)
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False, sort_keys=True)
    (folder / pyfunc.ABOUT).write_text(text + "\n", encoding="utf-8")
    for package in packages:
        if package == "pipeline":
            _add_boosters(folder / CODE)
        else:
            _copy_package(package, folder / CODE)
    file = folder / "MLmodel"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["flavors"]["python_function"] |= {"loader_module": module, "code": CODE}
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def _add_module(folder: Path, source: bytes) -> str:
    """Write a module that is served and return its name.

    Models of different exports can be loaded in one process: each has its own module.
    """
    module = f"served_{hashlib.sha256(source).hexdigest()[:12]}"
    (folder / CODE / f"{module}.py").write_bytes(source)
    return module


def _add_boosters(folder: Path) -> None:
    """Copy what a booster is made of beside pyfunc.py, under the name that its file has."""
    target = folder / "pipeline" / "models" / "boosters"
    target.mkdir(parents=True)
    for name in ("__init__.py", "base.py", "libraries.py"):
        (target / name).write_bytes((Path(boosters.__file__).parent / name).read_bytes())


def _copy_package(name: str, target: Path) -> None:
    """Copy a package's or module's Python files, unless it is installed."""
    spec = find_spec(name)
    assert spec, "its class is loaded"
    source = Path([*(spec.submodule_search_locations or []), str(spec.origin)][0])
    installed = map(Path, {sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib")})
    if any(source.is_relative_to(place) for place in installed):
        return
    for file in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
        copy = target / file.relative_to(source.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())


def about(folder: Path) -> About:
    """Return what serving.json of an exported model holds."""
    content: About = json.loads((folder / pyfunc.ABOUT).read_text(encoding="utf-8"))
    return content
