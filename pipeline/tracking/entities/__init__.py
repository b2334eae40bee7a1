"""What MLflow is told of a run beside its metrics and files, within MLflow's limits."""
