"""Run the pipeline: the chosen steps of config.yaml, in order, each by mlflow.run on its folder."""

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path

# On a full disk Python leaves torn bytecode, with which nothing starts any more.
sys.dont_write_bytecode |= (disk := os.statvfs(__file__)).f_bavail * disk.f_frsize < 2**26
from pipeline.cache import unchanged
from pipeline.screen import terminal

memory = None
if __name__ == "__main__":
    terminal.steady()
    memory = unchanged.memory_file()
    if unchanged.recognised(memory):
        sys.exit(0)  # before the imports below, which take longer than all the rest

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from pipeline import context, paths, search
from pipeline.commands import actions, parent, whole_run
from pipeline.commands.job import Job, check_shown
from pipeline.config import overrides, root_config
from pipeline.screen import mistakes
from pipeline.sweep.launcher import sweeps
from pipeline.tracking import mlflow_runs
from pipeline.tracking.recorder_client import RecorderProcess


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    """Check the whole config, then do with its steps what main.action says."""
    asked = HydraConfig.get()
    try:
        words, choices = tuple(asked.overrides.task), asked.runtime.choices
        job = Job.of(config, words, Path(asked.runtime.output_dir), memory, choices)
        if job.config.main.action == "tune":
            return search.run(job)
        with job.context.applied(), RecorderProcess(job.context) as recorder:
            if cache := actions.begin(job, recorder):
                run(job.steps, whole_run.open_run(job, cache, recorder))
    except Exception as error:  # the last guard: whatever it is ends in one line
        if asked.mode == RunMode.MULTIRUN:
            raise  # Hydra goes on with the other jobs, and fails at the end
        sys.exit(mistakes.last_line(error))


def run(steps: list[str], opened: AbstractContextManager[parent.ParentRun]) -> None:
    """Run the steps as children of one MLflow run; InputError from the first that fails."""
    with opened as pipeline_run:
        import mlflow

        for number, step in enumerate(steps, 1):
            with pipeline_run.step(step, number, len(steps)) as parameters:
                if parameters is not None:  # else an earlier execution serves
                    mlflow.run(
                        str(paths.ROOT / step), env_manager=pipeline_run.env_manager,
                        parameters=parameters, backend_config=pipeline_run.backend_config,
                        backend=pipeline_run.backend, experiment_id=pipeline_run.experiment_id,
                    )  # fmt: skip


if __name__ == "__main__":
    context.show_hydra_errors()
    try:
        mlflow_runs.mask_own_run(sys.argv[1:])
        root_config.register(paths.ROOT)
        sys.argv[1:] = overrides.from_argv(sys.argv[1:])
        check_shown(sys.argv[1:])
        with sweeps():
            main()
    except (Exception, KeyboardInterrupt) as error:
        sys.exit(mistakes.last_line(error))
