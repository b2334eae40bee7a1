"""Say when the run has begun, wait for the test, log two files."""

import sys

import wandb

with wandb.init(project="p", id="one") as run:
    print("begun", flush=True)
    sys.stdin.read()
    artifact = wandb.Artifact("data", "raw")
    for number in range(2):
        with artifact.new_file(str(number), "wb") as file:
            file.write(bytes([number]) * 300_000)
    run.log_artifact(artifact)
    print(artifact.wait(timeout=30).version)
