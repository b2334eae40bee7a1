"""Runs of the pipeline in one process, one after the other: a line of overrides each, as JSON.

Answers each with a line: the manifest of the run, null if nothing had to run. This is main.py
without the start of a process, for many runs.
"""

import json
import sys
from pathlib import Path

sys.path[0] = str(Path.cwd())

import main as entry
from pipeline.api import asked
from pipeline.commands import actions, whole_run
from pipeline.tracking.recorder_client import RecorderProcess

ANSWER = "answer: "


def run(words: list[str]) -> str:
    """Run steps as main.py does; return the text of the manifest."""
    job = asked.job(words)
    job.folder.mkdir(parents=True)
    with job.context.applied(), RecorderProcess(job.context) as recorder:
        if cache := actions.begin(job, recorder):
            entry.run(job.steps, whole_run.open_run(job, cache, recorder))
    manifest = job.folder / "manifest.json"
    return json.dumps(json.loads(manifest.read_bytes())) if manifest.exists() else "null"


for line in sys.stdin:
    print(f"{ANSWER}{run(json.loads(line))}", flush=True)
