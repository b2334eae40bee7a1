"""What is particular to models that predict numbers: how they are served, what they can learn."""
