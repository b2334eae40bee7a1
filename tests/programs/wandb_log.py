"""Log a folder as an artifact: NAME FOLDER ALIAS RUN-ID."""

import sys

import wandb

name, folder, alias, run_id = sys.argv[1:]
with wandb.init(project="p", id=run_id, group="g", job_type="make", config={"size": 0.5}) as run:
    run.log({"rows": 1})
    run.log({"rows": 2})
    run.summary["done"] = True
    artifact = wandb.Artifact(name, "raw", description="A table", metadata={"rows": 2})
    artifact.add_dir(folder)
    run.log_artifact(artifact, aliases=[alias])
    if not run.offline:
        print(artifact.wait().version)
