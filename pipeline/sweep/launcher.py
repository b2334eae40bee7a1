"""Hydra's sweeps (`-m`): how their jobs are launched, and what is left when all have ended."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, read_write

from pipeline import paths, processes
from pipeline.config import loader, steps
from pipeline.config.overrides import as_typed
from pipeline.config.schema import Main, Tracking
from pipeline.config.schema import Sweep as Settings
from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.sweep import choice
from pipeline.sweep.job import Asked, Ended, Sweep, short_names
from pipeline.sweep.pool import Pool
from pipeline.text import masking
from pipeline.tracking.entities.identity import LONGEST

T = TypeVar("T")
PLUGIN = str(Path(__file__).with_name("plugin"))  # Hydra takes plugins from hydra_plugins alone
# Overrides of Hydra that are about the sweep and not about a job.
OF_SWEEP = re.compile(r"[+~]*hydra(\.mode|[./]sweep|[./]launcher|\.run\.dir)")


class WithoutSecrets(Callback):
    """Masks what multirun.yaml would hold of the secrets in config files."""

    def on_multirun_start(self, config: DictConfig, **_: object) -> None:
        """Mask the config that the sweeper is given and writes; its jobs read the files again."""
        values = OmegaConf.to_container(config, resolve=False)
        assert isinstance(values, dict)
        with read_write(config):
            for key in (key for key in values if key != "hydra"):
                config[key] = masking.hidden(values[key])


class Sweeps:
    """The sweep of this process, if its command is one: the pool, and the jobs that have ended."""

    def __init__(self) -> None:
        self.sweep: Sweep | None = None
        self._best = False
        self._stack = ExitStack()
        self._pool: Pool | None = None

    def launch(
        self, batch: Sequence[Sequence[str]], config: DictConfig, workers: int
    ) -> list[Ended]:
        """Run jobs of a sweep, some at once; return what came of them, in their order.

        Args:
            batch: the overrides of each job.
            config: of the sweep.
            workers: how many run at once; negative: as many as there are cores.

        Raises:
            InputError: the config of the sweep cannot be used.
        """
        pool = self._pool or self._opened(config, workers if workers > 0 else processes.cores())
        about = [w for w in config.hydra.overrides.hydra if not OF_SWEEP.match(w)]
        common = same_in_all(batch, config.hydra.overrides.task)
        first = len(pool.ended)
        waiting = [
            Asked(first + n, (*words, *about), tuple(w for w in words if w not in common))
            for n, words in enumerate(batch)
        ]
        pool.screen.total = first + len(batch)
        try:
            return pool.run(waiting)
        except KeyboardInterrupt:
            raise InputError("stopped; the same command goes on from there") from None

    def _opened(self, config: DictConfig, workers: int) -> Pool:
        main, settings = _part(Main, config, "main"), _part(Settings, config, "sweep")
        steps.select(settings.steps, config.steps, "sweep.steps")
        run = RunContext.of(asdict(main), asdict(_part(Tracking, config, "tracking")))
        words = short_names(as_typed(config.hydra.overrides.task))
        folder = (paths.ROOT / str(config.hydra.sweep.dir)).absolute()
        self._best = settings.evaluate == "best"
        name = masking.masked_text(" ".join(["sweep", *words]))[:LONGEST]
        self.sweep = Sweep.of("sweep", name, folder, workers, main, settings)
        self._pool = self._stack.enter_context(Pool(run, self.sweep))
        return self._pool

    def close(self, well: bool) -> None:
        """End what is left of the sweep, if there is one: the best job, the table, its MLflow run.

        Args:
            well: whether all jobs have ended.

        Raises:
            InputError: some jobs have failed.
        """
        with self._stack:
            if not self._pool or not self.sweep:
                return
            ended = self._pool.ended
            metric = choice.asked(ended, self.sweep.metric)
            best = choice.best(ended, metric)
            if well and self._best:
                if best is None:
                    self._pool.summarise(well=False)
                    names = sorted({name for job in ended for name in job.metrics})
                    raise InputError(
                        f"sweep.metric={metric}: no job has this figure; they have: "
                        f"{', '.join(names) or 'none'}"
                    )
                asked = replace(best.asked, number=len(ended), whole=True)
                self._pool.screen.total += 1
                self._pool.run([asked])
            failed = [job for job in ended if job.error]
            self._pool.summarise(well and not failed)
        if failed and well:
            raise InputError(f"{len(failed)} of {len(ended)} jobs failed, as listed above")


def _part(kind: type[T], config: DictConfig, key: str) -> T:
    return loader.load(kind, OmegaConf.to_container(config[key], resolve=True), key)


def same_in_all(batch: Sequence[Sequence[str]], typed: Sequence[str]) -> set[str]:
    """Return the overrides that all jobs of a sweep have."""
    everywhere = set.intersection(*map(set, batch)) if len(batch) > 1 else set()
    return everywhere | set(typed)


CURRENT = Sweeps()  # of this process


@contextmanager
def sweeps() -> Iterator[None]:
    """Let Hydra know how sweeps are run; at the end close the one that there was.

    Raises:
        InputError: some of its jobs have failed.
    """
    sys.path.append(PLUGIN)
    well = False
    try:
        yield
        well = True
    finally:
        CURRENT.close(well)
