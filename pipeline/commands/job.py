"""What main.py was asked to do, as one value."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from omegaconf import DictConfig, OmegaConf

from pipeline import paths
from pipeline.config import schema, steps
from pipeline.config.origin import Sources
from pipeline.config.overrides import as_typed
from pipeline.config.schema import Config
from pipeline.context import RunContext
from pipeline.store.names import PROJECT, check


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
