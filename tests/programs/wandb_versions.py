"""Print what W&B's public API says of all versions: PROJECT NAME..."""

import json
import sys

import wandb

api, (project, *names) = wandb.Api(), sys.argv[1:]
known = {}
for name in names:
    (kind,) = [a.type for a in [api.artifact(f"{project}/{name}:latest")]]
    for a in api.artifacts(kind, f"{project}/{name}"):
        known[f"{name}:{a.version}"] = {
            "aliases": sorted(x for x in a.aliases if x != a.version),
            "logged_by": a.logged_by().job_type,
            "used_by": sorted(run.job_type for run in a.used_by()),
        }
print(json.dumps(known))
