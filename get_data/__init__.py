"""Bring the raw table in."""
