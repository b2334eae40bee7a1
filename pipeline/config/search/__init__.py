"""What the config may say about a search."""
