"""Step 3: stop a bad table."""
