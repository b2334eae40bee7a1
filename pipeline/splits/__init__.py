"""Which rows go where: train and test, then train and validation.

From outside: division.Division, and division.divide for a table in memory or keys_of and assign for
one in pieces. division.METHODS names the module of each method.
"""
