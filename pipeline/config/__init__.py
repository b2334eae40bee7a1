"""Every key that a person may write: names, types and ranges, one strict loader.

From outside: schema for the whole, and the part of each step (checks, gate, judging, model).
"""
