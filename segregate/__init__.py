"""Divide the table."""
