"""Step 1: bring the raw table in."""
