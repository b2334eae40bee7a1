"""Two runs of the pipeline in one process, with different configs and stores, one after the other.

Prints the test sizes that the two certificates say, and what the environment kept of the runs.
"""

import json
import os
import sys
from pathlib import Path

sys.path[0] = str(Path.cwd())

from hydra import compose, initialize_config_dir

import main as entry
from pipeline.commands import actions, whole_run
from pipeline.commands.job import Job
from pipeline.config import root_config
from pipeline.tracking.recorder_client import RecorderProcess


def run(name: str, *overrides: str) -> None:
    """Run steps as main.py does, without Hydra's own command line."""
    folder = Path.cwd() / "outputs" / "2026-01-01" / name
    folder.mkdir(parents=True)
    given = (f"main.artifact_store={name}", "main.report=false", *overrides)
    with initialize_config_dir(str(Path.cwd() / "conf"), version_base="1.3"):
        config = compose("config", overrides=list(given), return_hydra_config=False)
    job = Job.of(config, given, folder, None)
    with job.context.applied(), RecorderProcess(job.context) as recorder:
        cache = actions.begin(job, recorder)
        assert cache
        entry.run(job.steps, whole_run.open_run(job, cache, recorder))


def names() -> set[str]:
    """Return the variables that a run may set."""
    return {name for name in os.environ if name.startswith(("PIPELINE_", "WANDB_", "MLFLOW_"))}


root_config.register(Path.cwd())
before = names()
steps = "main.steps=[get_data,preprocess,segregate]"
run("one", steps, "data.test_size=0.2")
run("two", steps, "data.test_size=0.4", "data/segregate=random")
rows = {}
for store in ("one", "two"):
    (certificate,) = Path(store, "objects").glob("*/*/data_certificate.json")
    rows[store] = json.loads(certificate.read_text("utf-8"))["rows"]["test"]
print(json.dumps({"rows": rows, "left": sorted(names() - before)}))
