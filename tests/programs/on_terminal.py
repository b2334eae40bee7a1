"""Show a step that fails and two closing tables, as a run does."""

import subprocess
import sys
import time

from pipeline.commands import console
from pipeline.screen import terminal
from pipeline.tracking.record import Record

CHILD = r"""import sys
print("[bold]from its child 3.5 ·", flush=True)
print("its errors", file=sys.stderr, flush=True)
print("\x1b_trees 40 100", flush=True)
"""
terminal.steady()
try:
    with console.step(1, 2, "segregate", "run: [x] 1 → 2"):
        print("from the step", flush=True)
        subprocess.run([sys.executable, "-c", CHILD], check=True)
        time.sleep(0.5)  # it is drawn eight times a second
        raise KeyError
except KeyError:
    print("after it", flush=True)
console.closing_table([])
made = [{"name": "a.csv", "version": 7, "metadata": {"rows": 1000}}]
console.closing_table([(Record("segregate", {}, "now", "finished", outputs=made), False)])
