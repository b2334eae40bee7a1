"""What an estimator may be told, and what its file may hold: found out before a run."""
