"""Judge the exported model."""
