"""Run a program as `python` does, then print the top-level modules that it has loaded.

Usage: tell_loaded.py PROGRAM ARGUMENT...
"""

import atexit
import runpy
import sys


def tell() -> None:
    """Print the names of all loaded modules, on one line."""
    print("loaded:", *sorted({name.split(".")[0] for name in sys.modules}))


atexit.register(tell)
del sys.argv[0]
sys.path[0] = ""  # the working directory, as for `python -c`
runpy.run_path(sys.argv[0], run_name="__main__")
