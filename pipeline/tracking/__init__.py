"""What MLflow and W&B are told: a process beside the steps holds W&B's runs.

From outside: record.Record, wandb_store.open_store and recorder_client.Recorder.
"""
