"""config.yaml with what belongs to whoever cloned the repository: steps and defaults of their own.

These are files of their own, which a newer version of the repository never touches:
conf/step/NAME.yaml for each step, conf/project.yaml for every default that is to be another.
"""

import hashlib
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from pipeline.config import loader, yaml_text
from pipeline.config.schema import Config
from pipeline.errors import InputError, check_names, did_you_mean

OWN_STEPS = Path("conf", "step")
UNNAMED = {OWN_STEPS.name, "experiment/model"}  # folders of conf/ of whose files nobody chooses one
PROJECT = "project"  # conf/project.yaml
WIDTH = 80  # of a terminal that a person is sure to have
Steps = dict[str, dict[str, Any]]


@dataclass
class OwnStep:
    """What conf/step/NAME.yaml says of the step whose folder is NAME."""

    after: str  # the step that it follows
    parameters: dict[str, Any] = field(default_factory=dict)  # exactly those of its MLproject
    # Later step → parameters that are other there than in config.yaml: what this one makes.
    read_by: dict[str, dict[str, Any]] = field(default_factory=dict)
    cache_files: list[str] = field(default_factory=list)  # that it reads besides its parameters


def register(root: Path) -> None:
    """Tell Hydra the defaults of all keys, and the config by the name "config"; errors as load.

    So config.yaml can stay at the root while Hydra searches conf/ only, never mlruns/ or wandb/.
    """
    OmegaConf.register_new_resolver("root", lambda: str(root), replace=True)
    OmegaConf.register_new_resolver("slug", slug, replace=True)
    OmegaConf.register_new_resolver("choices", lambda: "\n".join(choices(root)), replace=True)
    ConfigStore.instance().store("schema", loader.defaults(Config))
    ConfigStore.instance().store("config", load(root))


def choices(root: Path) -> Iterator[str]:
    """Yield lines on what can be chosen by name, as Hydra's help has them, but none too long."""
    conf = root / "conf"
    for folder in sorted(path for path in conf.rglob("*") if path.is_dir()):
        group = folder.relative_to(conf)
        names = sorted(path.stem for path in folder.glob("*.yaml"))
        if names and group.as_posix() not in UNNAMED and group.parts[0] != "hydra":
            text = f"{group.as_posix()}: {', '.join(names)}"
            yield from textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def slug(text: object) -> str:
    """Return a text as a part of an artifact's alias: letters, digits, "_" and "-".

    Texts that differ stay different: one that is changed gets the beginning of its digest.
    """
    word = re.sub(r"[^A-Za-z0-9_-]+", "_", str(text))[:60]
    same = word == str(text)
    return word if same else f"{word}_{hashlib.sha256(str(text).encode()).hexdigest()[:6]}"


def load(root: Path) -> DictConfig:
    """Return config.yaml with the steps of conf/step in their places, and conf/project.yaml.

    Raises:
        InputError: config.yaml or a file of conf/step cannot be used; it is named.
    """
    written = yaml_text.read(root / "config.yaml")
    config = OmegaConf.create(loader.load(dict[str, Any], written, "config.yaml"))
    if own := own_steps(root):
        steps: Any = OmegaConf.to_container(config.steps)
        config.steps = with_own(steps, own)
        config.cache_files = {name: step.cache_files for name, step in own.items()}
    if (root / "conf" / f"{PROJECT}.yaml").is_file():
        config.defaults.insert(config.defaults.index({"experiment": None}), PROJECT)
    return config


def own_steps(root: Path) -> dict[str, OwnStep]:
    """Return the steps of conf/step by name; errors as load."""
    return {path.stem: _own_step(path, root) for path in sorted((root / OWN_STEPS).glob("*.yaml"))}


def _own_step(path: Path, root: Path) -> OwnStep:
    shown = path.relative_to(root)
    if not (root / path.stem / "MLproject").is_file():
        raise InputError(
            f"{shown}: there is no {path.stem}/MLproject; bring the step's folder back, or delete "
            "this file"
        )
    try:
        return loader.load(OwnStep, yaml_text.read(path) or {}, "")
    except InputError as error:
        raise InputError(f"{shown}: {error}") from None


def with_own(steps: Mapping[str, Mapping[str, object]], own: Mapping[str, OwnStep]) -> Steps:
    """Return all steps in order, each with its parameters.

    Args:
        steps: those of config.yaml, in order.
        own: those of conf/step.

    Raises:
        InputError: a step has the name of another, follows none, or is read by none that is later.
    """
    for name, step in own.items():
        file = OWN_STEPS / f"{name}.yaml"
        if name in steps:
            raise InputError(f"{file}: config.yaml has a step {name} as well; rename yours")
        others = [other for other in (*steps, *own) if other != name]
        if step.after not in others:
            raise InputError(f"{file}: after={step.after}: {did_you_mean(step.after, others)}")
    order = [name for first in steps for name in _from(first, own)]
    if lost := [name for name in own if name not in order]:
        raise InputError(f"{OWN_STEPS}: {', '.join(lost)} follow one another in a circle")
    result = {n: dict(own[n].parameters if n in own else steps[n]) for n in order}
    for number, name in enumerate(order):
        for reader, values in own[name].read_by.items() if name in own else ():
            key = f"{OWN_STEPS / name}.yaml: read_by"
            check_names(key, [reader], order[number + 1 :])
            check_names(f"{key}.{reader}", values, result[reader])
            result[reader] |= values
    return result


def _from(step: str, own: Mapping[str, OwnStep]) -> Iterator[str]:
    """Yield a step and those that follow it before the next of config.yaml.

    Of several that follow the same step one that reads what another makes comes after that.
    """
    yield step
    waiting = sorted(name for name in own if own[name].after == step)
    while waiting:
        ready = [n for n in waiting if not any(n in own[other].read_by for other in waiting)]
        first = (ready or waiting)[0]
        waiting.remove(first)
        yield from _from(first, own)
