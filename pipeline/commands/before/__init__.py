"""What is found out before any step runs: whether the model can be built, whether it suits."""
