"""Step 4: divide the table."""
