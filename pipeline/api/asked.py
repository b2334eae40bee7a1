"""What main.py would be asked to do with some overrides, composed in this process."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hydra import compose, initialize_config_dir
from omegaconf import open_dict

from pipeline import paths
from pipeline.cache.cache import Cache
from pipeline.commands import actions
from pipeline.commands.job import Job
from pipeline.config import root_config
from pipeline.config.overrides import CONFIG_ERRORS, from_argv
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.screen import mistakes
from pipeline.store.artifacts import Store
from pipeline.tracking import wandb_store
from pipeline.tracking.recorder_client import RecorderProcess


def words(overrides: str | Iterable[str]) -> list[str]:
    """Return overrides as the words of a command line; InputError for one that is an option."""
    found = [overrides] if isinstance(overrides, str) else list(overrides)
    for word in found:
        if word.startswith("-"):
            raise InputError(f"{word}: options are for the command line; give key=value")
    return found


def job(overrides: Iterable[str]) -> Job:
    """Return the checked config, with the folder that a run would have.

    Raises:
        InputError: what main.py would say of these overrides.
    """
    conf = paths.ROOT / "conf"
    try:
        root_config.register(paths.ROOT)
        tokens = from_argv(list(overrides))
        with initialize_config_dir(str(conf), version_base="1.3"):
            config = compose("config", tokens, return_hydra_config=True)
        folder = paths.ROOT / str(config.hydra.run.dir)
        choices = dict(config.hydra.runtime.choices)
        with open_dict(config):
            del config["hydra"]
        return Job.of(config, tuple(tokens), folder, None, choices)
    except CONFIG_ERRORS as error:
        raise mistakes.explain(error, conf) from None


@contextmanager
def store(context: RunContext | None = None) -> Iterator[Store]:
    """Open the artifacts as a run would: those of the W&B project if it is used online.

    Args:
        context: of the run; None: that of config.yaml and conf/project.yaml.
    """
    context = context or RunContext.from_environ()
    with context.applied(), RecorderProcess(context) as recorder:
        yield wandb_store.open_store(recorder, context)


@contextmanager
def cache(asked: Job) -> Iterator[Cache]:
    """Open what decides about the steps of a job."""
    with store(asked.context) as opened:
        yield Cache(asked.config, asked.origin, actions.environment(asked), opened)
