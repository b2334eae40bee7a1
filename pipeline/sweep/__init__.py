"""Many runs of one command.

May be used from outside: `launcher`, `pool`.
"""
