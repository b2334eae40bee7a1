"""Which rows go where: train and test, then train and validation.

From outside: division.Division and its functions.
"""
