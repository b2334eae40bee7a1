"""How far one table is from another, column by column, and whether that is chance.

May be used from outside: `compare.compare`, `result.CheckResult`.
"""
