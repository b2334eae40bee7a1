"""conf/experiment/best_NAME.yaml: the best trial as an experiment that anybody can run."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import files
from pipeline.commands.job import EXPERIMENT, Job, composed
from pipeline.config import yaml_text
from pipeline.config.origin import Sources
from pipeline.config.overrides import from_argv
from pipeline.errors import InputError
from pipeline.search import page, space
from pipeline.text.escaping import escaped

SEAL = re.compile(r"^# main\.action=tune wrote this \(([0-9a-f]{16})\).*\n", re.MULTILINE)
PACKAGE = "# @package _global_\n"


def place(root: Path, name: str) -> Path:
    """Return where the best trial of a search belongs."""
    return root / "conf" / "experiment" / f"best_{name}.yaml"


def text(said: Sequence[str], choices: Mapping[str, str], values: Mapping[str, object]) -> str:
    """Return the experiment.

    Args:
        said: what stands on top, line by line.
        choices: config group → its file.
        values: flat: key of the config → value.
    """
    nested: dict[str, Any] = {"defaults": [{f"override /{g}": file} for g, file in choices.items()]}
    for key, value in values.items():
        node = nested
        *parents, last = key.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    body = "".join(f"# {escaped(line)}\n" for line in said) + yaml_text.dump(nested)
    seal = (
        f"# main.action=tune wrote this ({_digest(body)}), and writes it anew unless you edit it.\n"
    )
    return f"{PACKAGE}{seal}{body}"


def of(job: Job, found: page.Found) -> str:
    """Return the best trial as an experiment."""
    trial = found.best
    assert trial
    values = {k: v for k, v in job.identity().changed.items() if k != "main.steps"}
    values |= {found.keys[name]: value for name, value in trial.values.items()}
    if found.search.of_folds:
        values["model.folds"] = found.search.folds
    rows = f", on a training table with the digest {found.data[:16]}" if found.data else ""
    said = [
        f"{page.counts(found)} on {found.dataset}. {page.verdict(found)}",
        f"  {found.command}",
        f"Found on {found.day}{rows}. Use it:",
        f"  python main.py experiment={found.experiment}",
    ]
    return text(said, {g: c for g, c in job.choices.items() if g != EXPERIMENT}, values)


def differing(job: Job, found: page.Found, common: Sequence[str]) -> list[str]:
    """Return the keys that the best trial and its experiment do not have in common.

    Args:
        job: the search's.
        found: what it has found.
        common: the overrides of all trials.
    """
    assert found.best
    words = [*common, *space.overrides(found.search, found.best.values)]
    own, other = (
        Sources(composed(from_argv(typed))) for typed in (words, [f"experiment={found.experiment}"])
    )
    pairs = {*own.differing(other), *other.differing(own)}
    aside = ("main", "search", "sweep", "tracking", "download", "notify")  # they change no result
    return sorted(".".join(path) for path in pairs if path[0] not in aside and path[-1] != "folds")


def check_free(path: Path) -> None:
    """Refuse to write where somebody else has written.

    Raises:
        InputError: the file is none that a search wrote, or was edited since.
    """
    if not path.exists():
        return
    found = path.read_text(encoding="utf-8", errors="replace")
    sealed = SEAL.search(found)
    if (
        not sealed
        or found != f"{PACKAGE}{sealed[0]}{(body := found[sealed.end() :])}"
        or (_digest(body) != sealed[1])
    ):
        raise InputError(
            f"{files.shown(path.relative_to(path.parents[2]))} is there and no search has written "
            "it as it is: rename it, or give this search another name, search.name=NAME"
        )


def result(path: Path) -> str:
    """Return what the experiment that a search wrote says it reaches; empty: there is none."""
    if not path.exists():
        return ""
    return path.read_text(encoding="utf-8").splitlines()[2].removeprefix("# ")


def write(path: Path, content: str) -> None:
    """Write the experiment in place of one that a search wrote.

    Raises:
        InputError: as check_free; the file cannot be written.
    """
    check_free(path)
    files.write_texts(path.parent, {path.name: content})


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
