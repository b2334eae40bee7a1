"""What the steps share: config schema, tracking, artifacts, tables, metrics and plots."""
