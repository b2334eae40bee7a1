"""A recorded run executed again and compared with itself, bit for bit.

From outside: manifest, runs, verify.
"""
