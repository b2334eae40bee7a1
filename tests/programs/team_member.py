"""Runs of the pipeline in one process, one after the other: a line of overrides each, as JSON.

Answers each with a line: the manifest of the run, null if nothing had to run. This is main.py
without the start of a process, for many runs.
"""

import json
import sys
from pathlib import Path

sys.path[0] = str(Path.cwd())

from hydra import compose, initialize_config_dir

import main as entry
from pipeline.commands import actions, whole_run
from pipeline.commands.job import Job
from pipeline.config import root_config
from pipeline.tracking.recorder_client import RecorderProcess

ANSWER = "answer: "


def run(words: list[str], folder: Path) -> str:
    """Run steps as main.py does; return the text of the manifest."""
    folder.mkdir(parents=True)
    with initialize_config_dir(str(Path.cwd() / "conf"), version_base="1.3"):
        config = compose("config", overrides=words, return_hydra_config=False)
    job = Job.of(config, words, folder, None)
    with job.context.applied(), RecorderProcess(job.context) as recorder:
        if cache := actions.begin(job, recorder):
            entry.run(job.steps, whole_run.open_run(job, cache, recorder))
    manifest = folder / "manifest.json"
    return json.dumps(json.loads(manifest.read_bytes())) if manifest.exists() else "null"


root_config.register(Path.cwd())
for number, line in enumerate(sys.stdin):
    answer = run(json.loads(line), Path.cwd() / "outputs" / "2026-01-01" / f"{number:04d}")
    print(f"{ANSWER}{answer}", flush=True)
