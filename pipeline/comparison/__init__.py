"""The runs that this repository remembers: listed, chosen by name, and compared with each other."""
