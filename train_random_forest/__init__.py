"""Step 5: fit, validate and export the inference pipeline."""
