"""What a new table means, as far as its values tell."""
