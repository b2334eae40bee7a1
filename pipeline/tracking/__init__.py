"""What MLflow and W&B are told, by a process that holds W&B's runs beside the steps.

From outside: record.Record, wandb_store.opened and recorder_client.Recorder.
"""
