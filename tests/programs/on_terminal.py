"""Show a step that fails and two closing tables, as a run does."""

import subprocess

from pipeline.commands import console
from pipeline.tracking.record import Record

try:
    with console.step(1, 2, "segregate", "run: [x] 1 → 2"):
        print("from the step", flush=True)
        subprocess.run("echo '[bold]from its child 3.5'; echo its errors >&2", shell=True)
        raise KeyError
except KeyError:
    print("after it", flush=True)
console.closing_table([])
made = [{"name": "a.csv", "version": 7, "metadata": {"rows": 1000}}]
console.closing_table([(Record("segregate", {}, "now", "finished", outputs=made), False)])
