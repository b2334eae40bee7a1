"""Which rows are shuffled, and of many columns which."""
