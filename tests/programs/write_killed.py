"""Kill itself at a MOMENT while it puts a file (PATH) into a store: URL PATH MOMENT."""

import os
import signal
import sys
from pathlib import Path

from pipeline.store.artifacts import Store
from pipeline.store.objects import Objects

url, path, moment = sys.argv[1:]


def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)


def half_uploaded(self, key, path):
    def chunks():
        yield b"n" * 2**20
        die()

    self._open(write=True).put(key, chunks(), chunk_size=2**16)


def half_created(self, key, content):
    # What LocalStore does: a file beside, which gets its name when it is whole.
    path = Path(url, f"{key}#1")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content[:40])
    die()


def written_until(part):
    real = Objects.write

    def write(self, key, content):
        die() if key.startswith(part) else real(self, key, content)

    return write


if moment == "upload":
    Objects.upload = half_uploaded
elif moment == "manifest":
    Objects.create = half_created
else:
    Objects.write = written_until(moment)
Store(url).put("t.csv", Path(path), type="x")
