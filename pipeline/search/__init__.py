"""The best parameters, searched for by trials that are drawn from the results of earlier ones.

May be used from outside: `tune`.
"""
