"""Fit, validate and export the inference pipeline."""
