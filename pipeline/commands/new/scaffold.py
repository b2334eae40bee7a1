"""Files of one's own, made from templates: all of them or none, and never over another file."""

import keyword
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import yaml

from pipeline.errors import InputError
from pipeline.files import settle, write_text

TEMPLATES = Path(__file__).with_name("templates")
PATTERNS = {  # what is made of one name, by kind; the file that makes it count is the last
    "step": ("{}", "tests/{}", "conf/step/{}.yaml"),
    "model": ("{}", "tests/{}", "conf/model/{}.yaml"),
}
# What the pipeline makes or means itself: folders of results, words of main.steps and of Hydra.
RESERVED = ("all", "artifacts", "inf", "mlruns", "multirun", "nan", "outputs")


def check_name(root: Path, kind: str, name: str | None, others: Mapping[str, str]) -> str:
    """Return the name if a new step or model of one's own can have it.

    Args:
        root: the repository.
        kind: step or model.
        name: as the user gave it.
        others: other names that are not free, each with what has it.

    Raises:
        InputError: there is none, it is no name of a Python package, or something else has it.
    """
    action = f"main.action=new_{kind}"
    if name is None:
        raise InputError(f"{action}: main.name is missing; give the {kind} a name: main.name=...")
    paths = [pattern.format(name) for pattern in PATTERNS[kind]]
    obstacle = next((path for path in paths if (root / path).exists()), others.get(name))
    if not re.fullmatch("[a-z][a-z0-9_]{0,39}", name):
        why = "is no name for a folder of code: a small letter, then small letters, digits and _"
    elif keyword.iskeyword(name) or name in RESERVED or not isinstance(yaml.safe_load(name), str):
        why = "is a word with a meaning of its own"
    elif obstacle:
        why = f"is taken: there is {obstacle}"
    elif name in sys.stdlib_module_names or find_spec(name):
        why = "is the name of a Python module, which yours would hide"
    else:
        return name
    raise InputError(f"{action}: main.name={name} {why}; choose another name")


def make(root: Path, kind: str, words: Mapping[str, str], links: Mapping[str, str]) -> list[str]:
    """Write the files of a kind's templates and return their places, from the root.

    They are written aside and then moved, so that what is there is whole.

    Args:
        root: the repository.
        kind: step or model.
        words: what stands for ``__NAME__`` and other such words in texts and names of files.
        links: symbolic links in the new folder, by name.

    Raises:
        InputError: the folder cannot be written to.
    """
    paths = [pattern.format(words["NAME"]) for pattern in PATTERNS[kind]]
    try:
        with tempfile.TemporaryDirectory(prefix=".new_", dir=root) as draft:
            _write(Path(draft), kind, words)
            for name, target in links.items():
                (Path(draft) / words["NAME"] / name).symlink_to(target)
            _move(Path(draft), root, paths)
    except OSError as error:
        raise InputError(f"main.action=new_{kind}: {error}; nothing was made") from error
    return paths


def _write(draft: Path, kind: str, words: Mapping[str, str]) -> None:
    for template in sorted((TEMPLATES / kind).rglob("*.template")):
        path = template.relative_to(TEMPLATES / kind).with_suffix("").as_posix()
        target = draft / _fill(path, words)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_text(target, _fill(template.read_text(encoding="utf-8"), words))


def _fill(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"__{word}__", value)
    return text


def _move(draft: Path, root: Path, paths: list[str]) -> None:
    """Move all places or none."""
    moved: list[Path] = []
    try:
        for path in paths:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            os.rename(draft / path, root / path)
            settle((root / path).parent)
            moved.append(root / path)
    except BaseException:
        for target in moved:
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        raise
