"""What used what, and aliases that move, through W&B's public API."""

import wandb

with wandb.init(project="p", id="two") as run:
    print(run.use_artifact("data:first").version)
api = wandb.Api()
version = api.artifact("alice/p/data:v0")
print(version.logged_by().id, *[run.id for run in version.used_by()])
version.aliases.append("good")
version.save()
version = api.artifact("alice/p/data:good")
version.aliases.remove("first")
version.save()
print(*sorted(api.artifact("alice/p/data:latest").aliases))
print(api.artifact_exists("alice/p/data:first"))
print(*[a.name for a in api.run("alice/p/two").used_artifacts()])
print(*[a.name for a in api.run("alice/p/one").logged_artifacts()])
print(*[run.id for run in api.runs("alice/p", filters={"group": "g"})])
late = api.run("alice/p/one")  # a run that has ended can still be told what it used
late.use_artifact(version)
with wandb.init(project="p", id="two", resume="must") as run:
    print(run.resumed)
print(*sorted(run.id for run in api.artifact("alice/p/data:v0").used_by()))
