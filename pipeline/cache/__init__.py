"""Whether a step has to run, and why: never the same work twice.

From outside: cache.Cache, decision.Decision, unchanged.recognised.
"""
