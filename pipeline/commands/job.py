"""What main.py was asked to do, as one value."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from pipeline import paths
from pipeline.config import schema, steps, yaml_text
from pipeline.config.origin import Sources
from pipeline.config.overrides import as_typed
from pipeline.config.schema import Config
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.files import write_text
from pipeline.replay.manifest import FILE
from pipeline.shapes import leaves
from pipeline.store.names import PROJECT, check
from pipeline.sweep_job import only_steps
from pipeline.tracking.entities.identity import Identity

BUILDERS = {"uv": "uv", "virtualenv": "pyenv"}  # what MLflow calls for an environment
EXPERIMENT = "experiment"
GROUPS = ("data", "data/segregate", "model", EXPERIMENT)  # whose choices tell runs apart
MODEL = "model_config"  # the parameter of a step that fits a model
LABEL = "main.experiment_name"
TOLD = (LABEL, "main.random_seed", "main.steps")  # of `main`
# What runs are compared in: MLflow's charts place a run that lacks a value somewhere.
ALWAYS = (
    "model.", "data.features.", "data.test_size", "data.val_size", "data.target", "data.group_by",
    "main.random_seed",
)  # fmt: skip
ASIDE = ("main.", "engine", "sweep.", "search", "tracking.", "download.", "hydra.", "data.name")


@dataclass(frozen=True)
class Job:
    """A checked config with all that belongs to it.

    Attributes:
        config: the config.
        origin: where its values are set.
        steps: the chosen ones, in order.
        overrides: as they were typed.
        folder: of the run's results.
        context: what the steps are given.
        memory: the file that remembers that this command has nothing to do; None: none is kept.
        choices: config group → the file that was chosen of it.
    """

    config: Config
    origin: Sources
    steps: list[str]
    overrides: tuple[str, ...]
    folder: Path
    context: RunContext
    memory: Path | None = None
    choices: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, config: DictConfig, overrides: tuple[str, ...], folder: Path, memory: Path | None,
        choices: Mapping[str, object] = MappingProxyType({}),
    ) -> Self:  # fmt: skip
        """Check a config whole; dataset and search without a name get those of their files.

        Raises:
            InputError, OmegaConfBaseException: as schema.checked; an unknown step.
        """
        for group in ("data", "search"):
            if isinstance(there := config.get(group), DictConfig) and there.get("name") is None:
                name = choices.get(group) or group
                OmegaConf.update(config, f"{group}.name", name, force_add=True)
        checked = schema.checked(config, paths.ROOT)
        chosen = steps.select(checked.main.steps, checked.steps)
        if only := only_steps():
            chosen = checked.main.steps = _limited(chosen, steps.select(only, checked.steps))
            checked.main.report = False  # of each job one costs as much as a step
        groups = checked.main, checked.tracking, checked.engine
        context = RunContext.of(*(asdict(group) for group in groups))
        check("project", context.project, PROJECT)
        return cls(
            config=checked,
            origin=Sources(config),
            steps=chosen,
            overrides=tuple(as_typed(overrides)),
            folder=folder,
            context=context,
            memory=memory,
            choices={group: str(choices[group]) for group in GROUPS if choices.get(group)},
        )

    def identity(self) -> Identity:
        """Return what tells this run apart from others."""
        changed, main = self._changed(), self.config.main
        fits = any(MODEL in self.config.steps[step] for step in self.steps)
        values = asdict(self.config)
        told = [p for p, _ in leaves(values) if ".".join(p).startswith(ALWAYS)]
        return Identity(
            label=main.experiment_name if LABEL in changed else self.choices.get(EXPERIMENT, ""),
            choices={g: c for g, c in self.choices.items() if fits or g != "model"},
            dataset=str(self.config.data.name),
            model=self.choices.get("model") if fits else None,
            overrides=self.overrides,
            changed={name: value for name, value in changed.items() if name != LABEL},
            always={
                ".".join(path): _at(values, path) for path in told if fits or path[0] != "model"
            },
        )

    def _changed(self) -> dict[str, object]:
        """Return what differs from the defaults of the same dataset, split and model, flat.

        How a run is done makes no difference: what is in `main` counts only as far as it says what
        is done, and what is in `tracking` and `download` does not.
        """
        keys = {word.lstrip("+~").partition("=")[0] for word in self.overrides}
        values = asdict(self.config)
        typed = any(not key.startswith(ASIDE) for key in keys - {*GROUPS})
        if typed or EXPERIMENT in self.choices or self.config.search:
            words = [f"{g}={c}" for g, c in self.choices.items() if g != EXPERIMENT]
            differing = self.origin.differing(Sources(composed(words)))
        else:
            differing = [tuple(key.split(".")) for key in sorted(keys & {*TOLD})]
        return {
            ".".join(path): _at(values, path)
            for path in differing
            if not ".".join(path).startswith(ASIDE) or ".".join(path) in TOLD
        }

    def check_place(self) -> None:
        """Refuse what is not installed, and a folder that holds a run: the two would be mixed."""
        asked = self.config.main.env_manager
        builder = BUILDERS.get(asked)
        if builder and shutil.which(builder) is None:
            raise InputError(
                f"main.env_manager={asked}: there is no {builder} on the PATH; install it, or take "
                "main.env_manager=local, this Python's own environment"
            )
        if (self.folder / FILE).exists():
            raise InputError(
                f"hydra.run.dir={self.folder}: there are the results of a run; give a folder of "
                "its own, or leave hydra.run.dir out"
            )

    def write_config(self) -> None:
        """Write config and overrides into the run's folder, as Hydra would, but for the secrets."""
        folder = self.folder / ".hydra"
        folder.mkdir(parents=True, exist_ok=True)
        contents = {"config": asdict(self.config), "overrides": list(self.overrides)}
        for name, content in contents.items():
            write_text(folder / f"{name}.yaml", yaml_text.dump(content))


def _limited(chosen: list[str], only: list[str]) -> list[str]:
    """Return the chosen steps that a job of a sweep runs."""
    kept = [step for step in chosen if step in only]
    if not kept:
        raise InputError(
            f"main.steps={','.join(chosen)}: the jobs of a sweep run {', '.join(only)} alone; "
            "sweep.steps=all lets each of them use the test rows and move the champion"
        )
    return kept


def _at(values: Any, path: Sequence[str]) -> object:
    """Return what is there, None if nothing is."""
    for part in path:
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def composed(overrides: list[str]) -> DictConfig:
    """Return the config that some overrides, as Hydra takes them, make."""
    if GlobalHydra.instance().is_initialized():
        return compose("config", overrides)
    with initialize_config_dir(str(paths.ROOT / "conf"), version_base="1.3"):
        return compose("config", overrides)


def check_shown(words: Sequence[str]) -> None:
    """Refuse a config that is only to be shown (`--cfg job`), in the words of a run.

    Raises:
        InputError, OmegaConfBaseException, HydraException: as for a run.
    """
    if {"--cfg", "-c"}.isdisjoint(word.partition("=")[0] for word in words) or "-m" in words:
        return
    overrides = [w for w in words if w[:1] not in ("", "-") and (w[:1] == "~" or "=" in w)]
    schema.checked(composed(overrides), paths.ROOT)
