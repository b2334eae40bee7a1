"""What a step's code is: its own files and all it imports, by meaning rather than by bytes.

Python files count by their syntax tree (pipeline/cache/parsed.py). Imports are followed where they
are written out, also inside functions and as the text that `importlib.import_module` is given; a
module whose name is only made at run time is not seen.
"""

import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pipeline.cache.parsed import parsed, sha256

# Rooms that carry what a step makes and do not make it: step_key.FORMAT says what they write.
CARRIERS = ("step", "store", "tracking", "text", "screen")
MAKES = ("step/performance.py", "step/verdict.py")  # of these those that decide what is recorded
GROUND = ("context.py", "errors.py", "files.py", "sweep_job.py", "markdown.py", "network.py",
          "object_stores.py", "paths.py", "processes.py", "progress.py", "shapes.py",
          "wandb_mode.py", "__init__.py")  # fmt: skip
# In a step's folder, and yet not what it does: words, an environment, links to results.
NOT_CODE = ("README.md", "MLproject", "conda.yaml", "mlflow.db", "mlruns")
INIT = "__init__.py"
INSTALLED = ("site-packages", "dist-packages")  # a version says what is there


def of_step(
    folder: Path, root: Path, classes: Iterable[str] = ()
) -> tuple[dict[str, str], set[str]]:
    """Return what the code of a step consists of.

    Args:
        folder: the step's folder. All its files count, those it imports and those it may read.
        root: where first-party modules are found; a step's own folder comes after it.
        classes: dotted names that the step is given to import, such as a model's class.

    Returns:
        Digest by file (posix path from the root, or from the folder on Python's path that a module
        outside lies in), and the top-level names of modules imported from elsewhere but for the
        standard library; both without those of the rooms that only carry.

    Raises:
        SyntaxError: a Python file that is none.
    """
    others = [path for path in _files(folder) if path.suffix != ".py"]
    digests = {path.relative_to(root).as_posix(): sha256(path.read_bytes()) for path in others}
    waiting = [path for path in _files(folder) if path.suffix == ".py"]
    foreign: set[str] = set()
    for name in classes:
        waiting += (files := named(name, folder, root))
        foreign |= set() if files else {name.partition(".")[0]}
    passed: set[Path] = set()
    within = cache(_within)  # most names are imported by many modules
    while waiting:
        path = waiting.pop()
        if path in passed:
            continue
        passed.add(path)
        digest, imported = parsed(path, path.stat().st_mtime_ns)
        files_of = {m: list(_module_files(m, path, root, folder, within)) for m in imported}
        waiting += [file for files in files_of.values() for file in files]
        if not _carries(path, root):
            digests[path.relative_to(root).as_posix()] = digest
            tops = (m.lstrip(".").partition(".")[0] for m, files in files_of.items() if not files)
            foreign |= {top for top in tops if top and top not in sys.stdlib_module_names}
    return digests | _outside_digests(foreign), foreign


def named(name: str, folder: Path, root: Path) -> list[Path]:
    """Return the first-party files that a step runs which imports a dotted name."""
    return list(_module_files(name, folder / "run.py", root, folder, _within))


def _outside_digests(modules: Iterable[str]) -> dict[str, str]:
    files = {name: path for top in modules for name, path in _outside(top).items()}
    return {name: sha256(path.read_bytes()) for name, path in files.items()}


def _outside(top: str) -> dict[str, Path]:
    """Return the files of a module that is neither here nor installed: no version tells its state.

    Such are those of PYTHONPATH and of editable installs.
    """
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return {}
    places = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    if spec and spec.origin and not places:
        places = [Path(spec.origin)]
    standard = Path(sysconfig.get_path("stdlib"))
    files: dict[str, Path] = {}
    for place in places:
        if set(INSTALLED) & set(place.parts) or place.is_relative_to(standard):
            continue
        inner = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        files |= {path.relative_to(place.parent).as_posix(): path for path in inner
                  if path.is_file()}  # fmt: skip
    return files


def _carries(path: Path, root: Path) -> bool:
    """Say whether a module only carries what a step makes; what it imports may make it."""
    shared = root / "pipeline"
    if not path.is_relative_to(shared):
        return False
    name = path.relative_to(shared).as_posix()
    room, slash, _ = name.partition("/")
    return room in CARRIERS and name not in MAKES if slash else name in GROUND


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__" or path.name in NOT_CODE:
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():  # it might lead back
            yield from _files(path)


def _module_files(
    module: str, importer: Path, root: Path, folder: Path, within: Callable[[str], frozenset[str]]
) -> Iterator[Path]:
    """Yield the first-party files that importing a module runs, packages first.

    The last part may be a name inside a module instead: then there is no file for it. `within`
    says which names a folder has.
    """
    name = module.lstrip(".")
    level = len(module) - len(name)
    bases = [importer.parents[level - 1]] if level else [root, folder]
    for base in bases:
        before, place = [], str(base)
        for part in name.split("."):
            names, place = within(place), f"{place}/{part}"
            if part in names and INIT in within(place):  # as Python looks
                before.append(Path(place, INIT))
            elif f"{part}.py" in names:
                before.append(Path(f"{place}.py"))
            elif part not in names:
                break
        if before or (level and name):
            if level and INIT in within(str(base)):
                before.append(base / INIT)
            yield from before
            return


def _within(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:  # a file, or nothing
        return frozenset()
