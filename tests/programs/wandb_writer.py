"""Log two files as an artifact of each name on standard input."""

import sys

import wandb

with wandb.init(project="p", id="one") as run:
    for name in sys.stdin:
        artifact = wandb.Artifact(name.strip(), "raw")
        for number in range(2):
            with artifact.new_file(str(number), "wb") as file:
                file.write(name.encode()[:1] + bytes([number]) * 299_999)
        run.log_artifact(artifact)
        print(artifact.wait(timeout=30).version, flush=True)
