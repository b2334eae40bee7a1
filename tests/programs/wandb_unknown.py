"""Ask for something that the double of the W&B server does not know."""

import wandb

wandb.Api().create_project("p", "alice")
