"""What a Python file means: its syntax tree, and the modules that it names.

Comments, docstrings and formatting do not count. Parsing all that a run may execute takes most of a
second, so what was found is kept by the bytes of the file.
"""

import ast
import hashlib
import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from pipeline import paths
from pipeline.files import write_text

LOG_LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
IMPORTERS = ("import_module", "__import__")
KEPT = paths.STATE / "parsed.json"
MOST = 2000  # files that are kept
Parsed = tuple[str, tuple[str, ...]]


@cache
def parsed(path: Path, _changed: int) -> Parsed:
    """Return the digest of a module's syntax tree and the modules it names, `..a.b` if relative.

    Raises:
        SyntaxError: it is no Python.
    """
    content = path.read_bytes()
    known, key = _known(), sha256(_reader() + content)
    if key not in known:
        known[key] = _parse(content, path)
        known["new"] = "", ()
    return known[key]


@cache
def _known() -> dict[str, Parsed]:
    """Return what is kept, by the digests of what was read and of what reads it."""
    with suppress(OSError, ValueError, TypeError):  # none yet; torn by a machine that went down
        content = json.loads(KEPT.read_bytes())
        return {key: (str(digest), tuple(map(str, names))) for key, (digest, names) in content}
    return {}


def keep() -> None:
    """Keep what was found for the next process."""
    known = _known()
    if known.pop("new", None):
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        write_text(KEPT, json.dumps(list(known.items())[-MOST:]))


@cache
def _reader() -> bytes:
    return sys.version.encode() + Path(__file__).read_bytes()


def _parse(content: bytes, path: Path) -> Parsed:
    try:
        tree = ast.parse(content, filename=str(path))
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
    return sha256(text.encode("utf-8", "surrogatepass")), tuple(sorted(names))


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


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes as hex."""
    return hashlib.sha256(content).hexdigest()
