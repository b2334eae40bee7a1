"""Download artifacts: REFERENCE..., each into a folder of its name."""

import sys

import wandb

for reference in sys.argv[1:]:
    version = wandb.Api().artifact(reference)
    version.download(root=reference.rpartition(":")[2])
    print(version.version)
