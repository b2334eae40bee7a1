"""The same command over the same files: recognised before any slow import.

When earlier executions served every step of a run, a file keeps the evidence: the command and its
environment, size, time and inode of every file of code, config, inputs and outputs, the aliases
that were followed, the installed packages. While none of it changes, the answer is the same.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths, sweep_job, wandb_mode
from pipeline.context import variables
from pipeline.files import write_text
from pipeline.screen import served
from pipeline.sweep_job import GROUP, SWEEP, THREADS, SweepJob

if TYPE_CHECKING:
    from pipeline.cache.decision import Decision
    from pipeline.store.artifacts import Store

# Variables that change from one prompt to the next and tell the pipeline nothing.
IGNORED = ("_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL", SWEEP, GROUP, *THREADS)
FOLDER = "hydra.run.dir="  # nothing is written there by a run that finds nothing to do
# What gives the same value as long as config, code and environment are the same.
STEADY = ("root", "hydra", "oc.create", "oc.decode", "oc.deprecated", "oc.dict.keys",
          "oc.dict.values", "oc.env", "oc.select", "python_version", "slug")  # fmt: skip
FOLDERS = ("conf", "pipeline")  # besides those of the steps' code
PATH = tuple(sys.path[1:])  # of Python, before a run adds to it
FileState = list[int] | None


def memory_file() -> Path:
    """Return the file for the evidence of this command, by its arguments and environment."""
    settings = {name: value for name, value in variables().items() if name not in IGNORED}
    typed = [word for word in sys.argv[1:] if not word.startswith(FOLDER)]
    words = [typed, sorted(settings.items()), sys.version, sys.executable, PATH]
    return paths.STATE / f"{hashlib.sha256(json.dumps(words).encode()).hexdigest()}.json"


def recognised(memory: Path) -> bool:
    """Say whether this command would find nothing to do; then print what it would print.

    Args:
        memory: memory_file() of the command.
    """
    if "MLFLOW_RUN_ID" in variables() or any(word.startswith("-") for word in sys.argv[1:]):
        return False
    is_job = SweepJob.from_environ() is not None  # its sweep has closed dead runs
    if not is_job and any(n.endswith(".running") for n in _names(paths.ROOT / ".runs")):
        return False  # it may be of a process that was killed
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
        same: bool = (
            content["files"] == {name: _file_state(Path(name)) for name in content["files"]}
            and content["aliases"] == {name: _text(Path(name)) for name in content["aliases"]}
            and content["project"] == _project(content["folders"])
        )
    except (OSError, ValueError, KeyError):
        return False
    if same:
        print("Nothing has changed since this command was last served:")
        served.show(content["served"])
        sweep_job.tell({"run": "", "record": content["served"]["record"]})
    return same


def _names(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.is_dir() else []


def remember(
    memory: Path,
    plan: Iterable["Decision"],
    store: "Store",
    references: Iterable[str],
    resolvers: set[str],
    shown: served.Served,
) -> None:
    """Keep the evidence that earlier executions serve every step of this command.

    Args:
        memory: memory_file() of the command, as it was given.
        plan: hits, for all steps.
        store: where their outputs are.
        references: the artifact references that the steps' parameters hold.
        resolvers: those that the config uses; one that may give another value next time, such
            as ``now``, rules it out.
        shown: what the command has shown.
    """
    evidence = _evidence(plan, store, references)
    if evidence is None or not resolvers <= set(STEADY):
        return
    files, aliases = evidence
    inside = [path.relative_to(paths.ROOT) for path in files if path.is_relative_to(paths.ROOT)]
    code = {path.parts[0] for path in inside if path.suffix == ".py" and len(path.parts) > 1}
    folders = sorted(code.union(FOLDERS))
    content = {
        "files": {str(path): _file_state(path) for path in files},
        "aliases": {str(path): text for path, text in aliases.items()},
        "folders": folders,
        "project": _project(folders),
        "served": shown,
    }
    memory.parent.mkdir(parents=True, exist_ok=True)
    write_text(memory, json.dumps(content))


def steady(patterns: Iterable[str]) -> bool:
    """Say whether the evidence tells all that may change.

    Args:
        patterns: of the steps' `cache_files`; a new file may come to a folder or a glob. A plug-in
            of Hydra may give another value next time.
    """
    files = all((paths.ROOT / pattern).is_file() for pattern in patterns)
    return files and not (paths.ROOT / "hydra_plugins").exists()


def _evidence(
    plan: Iterable["Decision"], store: "Store", references: Iterable[str]
) -> tuple[set[Path], dict[Path, str | None]] | None:
    """Return the files and the aliases a plan of hits rests on; None if some are not local."""
    from pipeline.cache.external_files import (
        local_file,  # only fast imports at the top of this module
    )
    from pipeline.tracking.record import reference

    if store.folder is None:
        return None
    files = {wandb_mode.netrc_file(variables())}  # with a key in it, W&B is asked
    names = set(references)
    for decision in plan:
        assert decision.hit
        assert decision.key
        names.update(decision.followed)
        for output in decision.hit.record.outputs:
            names.add(f"{output['name']}:latest")
            files.update(store.paths(reference(output)))
        for name, fact in decision.key.facts.items():
            kind, _, what = name.partition(" ")
            if kind in ("code", "uses") and what != "command":
                named = paths.ROOT / Path(what).expanduser()
                if not named.is_file():  # of a module that is neither here nor installed
                    return None
                files.add(named)
            elif kind == "file" and "://" in fact:
                return None  # only its server knows
            elif kind == "file" and decision.key.shown[name].endswith("/"):
                return None  # a folder, to which a file may come
            elif kind == "file" and (path := local_file(decision.key.shown[name], paths.ROOT)):
                files.add(path)
    return files, dict(store.alias_file(name) for name in names)


def _project(folders: Iterable[str]) -> dict[str, FileState]:
    """Return what files of code and config, the root's names and installed packages look like."""
    states = {name: _file_state(Path(name)) for name in PATH}
    waiting = [str(paths.ROOT / folder) for folder in folders]
    with os.scandir(paths.ROOT) as entries:
        for entry in entries:  # a new name may stand before a package's
            relevant = entry.name.endswith((".py", ".yaml", ".lock", ".toml")) and entry.is_file()
            states[entry.path] = _file_state(Path(entry)) if relevant else None
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name == "__pycache__" or entry.is_symlink():
                    continue
                if entry.is_dir():
                    waiting.append(entry.path)
                else:
                    states[entry.path] = _file_state(Path(entry))
    return states


def _file_state(path: Path) -> FileState:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None
