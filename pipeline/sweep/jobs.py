"""The jobs of a sweep: which one the output belongs to, and what came of each."""

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, RangeSweep
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, read_write

from pipeline.commands import console
from pipeline.config.overrides import as_typed
from pipeline.screen import mistakes, table, terminal
from pipeline.text import masking


class WithoutSecrets(Callback):
    """Masks what multirun.yaml would hold of the secrets in config files."""

    def on_multirun_start(self, config: DictConfig, **_: object) -> None:
        """Mask the config that the sweeper is given and writes; its jobs read the files again."""
        with read_write(config):
            for key in (str(key) for key in config if key != "hydra"):
                config[key] = masking.hidden(OmegaConf.to_container(config[key], resolve=False))


JOBS = ("job", "outcome", "seconds", "result", "what varies", "")
_jobs: list[table.Row] = []  # rows of JOBS, of those that have ended


class Jobs(Callback):
    """Says which job of a sweep the output below belongs to, and keeps what came of it."""

    _sweep: frozenset[str] | None = None  # the overrides as typed; None: no sweep
    _total: int | None = None

    def on_multirun_start(self, config: DictConfig, **_: object) -> None:
        """Take note of what is asked of all jobs, and of how many there will be."""
        asked, sweeper = config.hydra.overrides.task, config.hydra.sweeper
        self._sweep = frozenset(asked)
        if sweeper._target_.endswith(".BasicSweeper"):  # others decide as they go
            params = [f"{key}={value}" for key, value in (sweeper.params or {}).items()]
            self._total = _combinations([*asked, *params])

    def on_job_start(self, config: DictConfig, **_: object) -> None:
        """Say which job begins."""
        if self._sweep is not None:
            terminal.begin()
            console.newest.clear()
            of = f" of {self._total}" if self._total else ""
            varied = " ".join(self._varied(config))
            print(f"\n== job {config.hydra.job.num + 1}{of} · {varied}", flush=True)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: object) -> None:
        """Keep the row of a job; a failure is said where it belongs."""
        if self._sweep is None:
            return
        outcome, reason = "finished", ""
        if job_return.status == JobStatus.FAILED:
            refused = any(record.refused for record in console.newest)
            outcome = "refused" if refused else "failed"
            reason = mistakes.last_line(job_return._return_value)  # its property would raise it
            print(reason, file=sys.stderr, flush=True)
        number, took = str(config.hydra.job.num + 1), f"{terminal.seconds():.1f} s"
        result = _result(str(config.gate.metric))
        _jobs.append([[number], [outcome], [took], [result], self._varied(config), reason.split()])

    def _varied(self, config: DictConfig) -> list[str]:
        """Return the overrides of a job that are not those of all."""
        own = [word for word in config.hydra.overrides.task if word not in (self._sweep or ())]
        return [masking.masked_text(word) for word in as_typed(own)]


def _combinations(words: Sequence[str]) -> int | None:
    """Return how many jobs Hydra makes of overrides; None if the overrides alone do not say it."""
    swept = [o for o in OverridesParser.create().parse_overrides([*words]) if o.is_sweep_override()]
    if not all(isinstance(o.value(), ChoiceSweep | RangeSweep) for o in swept):
        return None
    return math.prod(sum(1 for _ in override.sweep_iterator()) for override in swept)


def _result(metric: str) -> str:
    """Return the figure by which models are compared, else the first of the last step."""
    listed = [figure for record in reversed(console.newest) for figure in console.figures(record)]
    return next(
        (figure for figure in listed if figure.split()[0] == metric), listed[0] if listed else ""
    )


@contextmanager
def jobs_listed() -> Iterator[None]:
    """Print a table of the jobs when a sweep is over, however it ends."""
    try:
        yield
    finally:
        if _jobs:
            print()
            failed = any(row[-1] for row in _jobs)
            table.show(JOBS if failed else JOBS[:-1], _jobs if failed else [r[:-1] for r in _jobs])
