"""Clean the table."""
