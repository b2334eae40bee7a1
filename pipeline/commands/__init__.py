"""What main.py calls: the run as a whole, and what `main.action` asks for.

No other room knows this one.
"""
