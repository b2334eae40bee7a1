"""Step 6: judge the exported model."""
