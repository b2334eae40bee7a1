"""Run the pipeline: the chosen steps of config.yaml, in order, each by mlflow.run on its folder."""

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.cache import unchanged

if __name__ == "__main__" and unchanged.recognised():
    sys.exit(0)  # before the imports below, which take longer than all the rest

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from pipeline import paths
from pipeline.commands import actions, parent
from pipeline.config import overrides, schema, steps
from pipeline.config.origin import Sources
from pipeline.errors import InputError
from pipeline.tracking.recorder_client import Recorder

OmegaConf.register_new_resolver("root", lambda: str(paths.ROOT), replace=True)
# config.yaml stays at the root while Hydra searches conf/ only, never mlruns/ or wandb/.
ConfigStore.instance().store("config", OmegaConf.load(paths.ROOT / "config.yaml"))


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> None:
    """Check the whole config, then do with its steps what main.action says."""
    try:
        origin, checked = Sources(config), schema.checked(config)
        chosen = steps.select(checked.main.steps, checked.steps)
        with Recorder() as recorder:
            if cache := actions.begin(checked, origin, chosen, recorder):
                folder = Path(HydraConfig.get().runtime.output_dir)
                run(chosen, parent.opened(checked, cache, folder, recorder))
    except (*overrides.CONFIG_ERRORS, InputError) as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            raise  # Hydra goes on with the other jobs, and fails at the end
        fail(error)


def run(chosen: list[str], opened: AbstractContextManager[parent.ParentRun]) -> None:
    """Run the chosen steps as children of one MLflow run; InputError from the first that fails."""
    with opened as pipeline_run:
        import mlflow

        for number, step in enumerate(chosen, 1):
            with pipeline_run.step(step, number, len(chosen)) as parameters:
                if parameters is not None:  # else an earlier execution serves
                    mlflow.run(
                        str(paths.ROOT / step),
                        parameters=parameters,
                        env_manager=pipeline_run.env_manager,
                        experiment_id=pipeline_run.experiment_id,
                        run_name=step,
                    )


def fail(error: Exception) -> None:
    """Print one line and end with status 1."""
    line = error if isinstance(error, InputError) else overrides.explain(error)
    print(f"error: {line}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra's errors reach us instead of being printed
    try:
        sys.argv[1:] = overrides.from_argv(sys.argv[1:])
        main()
    except (*overrides.CONFIG_ERRORS, InputError) as error:
        fail(error)
    except KeyboardInterrupt:
        fail(InputError("stopped"))
