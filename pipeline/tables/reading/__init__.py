"""How a file that somebody else wrote is to be read: found out from its beginning, or told."""
