"""What main.py was asked to do, as one value."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from hydra import compose, initialize_config_dir
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, read_write

from pipeline import paths
from pipeline.config import schema, steps, yaml_text
from pipeline.config.origin import Sources
from pipeline.config.overrides import as_typed
from pipeline.config.schema import Config
from pipeline.context import RunContext
from pipeline.files import write_text
from pipeline.store.names import PROJECT, check
from pipeline.text import masking


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
    """

    config: Config
    origin: Sources
    steps: list[str]
    overrides: tuple[str, ...]
    folder: Path
    context: RunContext
    memory: Path | None = None

    @classmethod
    def of(
        cls, config: DictConfig, overrides: tuple[str, ...], folder: Path, memory: Path | None,
        dataset: str = "data",
    ) -> Self:  # fmt: skip
        """Check a config whole; a dataset without a name gets the one of its file.

        Raises:
            InputError, OmegaConfBaseException: as schema.checked; an unknown step.
        """
        if OmegaConf.select(config, "data.name") is None:
            OmegaConf.update(config, "data.name", dataset)
        checked = schema.checked(config, paths.ROOT)
        context = RunContext.of(asdict(checked.main), asdict(checked.tracking))
        check("project", context.project, PROJECT)
        return cls(
            config=checked,
            origin=Sources(config),
            steps=steps.select(checked.main.steps, checked.steps),
            overrides=tuple(as_typed(overrides)),
            folder=folder,
            context=context,
            memory=memory,
        )

    def write_config(self) -> None:
        """Write config and overrides into the run's folder, as Hydra would, but for the secrets."""
        folder = self.folder / ".hydra"
        folder.mkdir(parents=True, exist_ok=True)
        contents = {"config": asdict(self.config), "overrides": list(self.overrides)}
        for name, content in contents.items():
            write_text(folder / f"{name}.yaml", yaml_text.dump(content))


def check_shown(words: Sequence[str]) -> None:
    """Refuse a config that is only to be shown (`--cfg job`), in the words of a run.

    Raises:
        InputError, OmegaConfBaseException, HydraException: as for a run.
    """
    if {"--cfg", "-c"}.isdisjoint(word.partition("=")[0] for word in words) or "-m" in words:
        return
    overrides = [w for w in words if w[:1] not in ("", "-") and (w[:1] == "~" or "=" in w)]
    with initialize_config_dir(str(paths.ROOT / "conf"), version_base="1.3"):
        schema.checked(compose("config", overrides), paths.ROOT)


class WithoutSecrets(Callback):
    """Masks what multirun.yaml would hold of the secrets in config files."""

    def on_multirun_start(self, config: DictConfig, **_: object) -> None:
        """Mask the config that the sweeper is given and writes; its jobs read the files again."""
        with read_write(config):
            for key in (str(key) for key in config if key != "hydra"):
                config[key] = masking.hidden(OmegaConf.to_container(config[key], resolve=False))
