"""Hydra's plug-in for the jobs of a sweep; what it does is in pipeline/sweep/launcher.py."""

import math
from collections.abc import Sequence

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from pipeline.sweep.choice import asked
from pipeline.sweep.launcher import CURRENT


class JobsLauncher(Launcher):
    """Hydra's way to run the jobs of a sweep: conf/hydra/launcher."""

    def __init__(self, n_jobs: int) -> None:
        self._workers = n_jobs

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take the config of the sweep; its jobs are main.py and compose their own."""
        self._config = config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run jobs; a sweeper that searches gets their figure, NaN of one that failed."""
        ended = CURRENT.launch(job_overrides, self._config, self._workers)
        assert CURRENT.sweep
        metric = asked(ended, CURRENT.sweep.metric)
        figures = (job.metrics.get(metric, math.nan) for job in ended)
        return [
            JobReturn(overrides=words, status=JobStatus.COMPLETED, _return_value=figure)
            for words, figure in zip(job_overrides, figures, strict=True)
        ]
