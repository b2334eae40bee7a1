"""How good a model is: figures of merit, their intervals, their pictures.

From outside: all modules; they are pure.
"""
