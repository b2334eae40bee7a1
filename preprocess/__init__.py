"""Step 2: clean the table."""
