"""What a step's code is: its own files and all it imports, by meaning rather than by bytes.

Python files count by their syntax tree, so that comments, docstrings and formatting do not. Imports
are followed where they are written out, also inside functions and as the text that
`importlib.import_module` is given; a module whose name is only made at run time is not seen.
"""

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# Rooms that carry what a step makes and do not make it: step_key.FORMAT says what they write.
CARRIERS = ("step", "store", "tracking", "text", "screen")
MAKES = ("step/performance.py", "step/verdict.py")  # of these those that decide what is recorded
GROUND = ("context.py", "errors.py", "files.py", "sweep_job.py", "markdown.py", "network.py",
          "paths.py", "processes.py", "progress.py", "shapes.py", "wandb_mode.py",
          "__init__.py")  # fmt: skip
LOG_LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# In a step's folder, and yet not what it does: words, an environment, links to results.
NOT_CODE = ("README.md", "MLproject", "conda.yaml", "mlflow.db", "mlruns")
IMPORTERS = ("import_module", "__import__")
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
    digests = {path.relative_to(root).as_posix(): _sha256(path.read_bytes()) for path in others}
    waiting = [path for path in _files(folder) if path.suffix == ".py"]
    foreign: set[str] = set()
    for name in classes:
        files = named(name, folder, root)
        waiting += files
        foreign |= set() if files else {name.partition(".")[0]}
    passed: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in passed:
            continue
        passed.add(path)
        digest, imported = _parsed(path, path.stat().st_mtime_ns)
        files_of = {module: list(_module_files(module, path, root, folder)) for module in imported}
        waiting += [file for files in files_of.values() for file in files]
        if not _carries(path, root):
            digests[path.relative_to(root).as_posix()] = digest
            tops = (m.lstrip(".").partition(".")[0] for m, files in files_of.items() if not files)
            foreign |= {top for top in tops if top and top not in sys.stdlib_module_names}
    return digests | _outside_digests(foreign), foreign


def named(name: str, folder: Path, root: Path) -> list[Path]:
    """Return the first-party files that a step runs which imports a dotted name."""
    return list(_module_files(name, folder / "run.py", root, folder))


def _outside_digests(modules: Iterable[str]) -> dict[str, str]:
    files = {name: path for top in modules for name, path in _outside(top).items()}
    return {name: _sha256(path.read_bytes()) for name, path in files.items()}


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


@cache
def _parsed(path: Path, _changed: int) -> tuple[str, tuple[str, ...]]:
    """Return the digest of a module's syntax tree and the modules it names, `..a.b` if relative."""
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
        text = _meaning(tree)
    except (SyntaxError, ValueError) as error:  # ValueError: a number of too many digits
        raise SyntaxError(str(error), (str(path), None, None, None)) from None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            dot = "" if base.endswith(".") else "."
            names.update(f"{base}{dot}{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in IMPORTERS:
            texts = (getattr(argument, "value", None) for argument in node.args[:1])
            names.update(text for text in texts if isinstance(text, str))
    return _sha256(text.encode("utf-8", "surrogatepass")), tuple(sorted(names))


def _meaning(tree: ast.Module) -> str:
    """Return a syntax tree as text, without the docstrings and log texts, which it loses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _logs(node) and isinstance(node.args[0], ast.Constant):
            node.args[0].value = ""
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _logs(call: ast.Call) -> bool:
    """Whether a call is one like ``run.logger.info("...")``."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in LOG_LEVELS or not call.args:
        return False
    return _name(function.value) == "logger"


def _name(node: ast.expr) -> str:
    """Return ``c`` for ``c`` and for ``a.b.c``."""
    return str(getattr(node, "attr", "") or getattr(node, "id", ""))


def _module_files(module: str, importer: Path, root: Path, folder: Path) -> Iterator[Path]:
    """Yield the first-party files that importing a module runs, packages first.

    The last part may be a name inside a module instead: then there is no file for it.
    """
    name = module.lstrip(".")
    level = len(module) - len(name)
    bases = [importer.parents[level - 1]] if level else [root, folder]
    for base in bases:
        before, path = [], base
        for part in name.split("."):
            path = path / part
            files = (path / "__init__.py", path.with_name(f"{path.name}.py"))  # as Python looks
            file = next((file for file in files if file.is_file()), None)
            if file:
                before.append(file)
            elif not path.is_dir():
                break
        if before or (level and name):
            if level and (init := base / "__init__.py").is_file():
                before.append(init)
            yield from before
            return


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
