"""Texts of others on their way to a reader: without secrets, on one line."""
