"""What MLflow and W&B are told: a process beside the steps holds W&B's runs.

From outside: record.Record, wandb_store.opened and recorder_client.Recorder.
"""
