"""Stop a bad table."""
