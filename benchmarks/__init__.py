"""Measured claims of the README."""
