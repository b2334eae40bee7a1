"""Digests of files, kept by size, time and inode: a file that did not change is not read again."""

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

# A file that changed just before it was read may change once more within the same tick of its
# file system's clock, and look the same: its digest is not kept.
SETTLED = 2.0  # seconds


class Digests:
    """SHA-256 of files; what was read is kept in a JSON file."""

    def __init__(self, place: Path, recheck: bool = False) -> None:
        """Take the JSON file; with recheck every file is read once again."""
        self._place = place
        self._known: dict[str, list[int | str]] = {}
        if not recheck and place.exists():
            with suppress(ValueError):  # half-written by a machine that went down
                kept = json.loads(place.read_text(encoding="utf-8"))
                self._known = kept if isinstance(kept, dict) else {}
        self._changed = recheck

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file as hex; OSError when it cannot be read."""
        status = path.stat()
        seen = [status.st_size, status.st_mtime_ns, status.st_ino]
        known = self._known.get(str(path))
        if known and known[:3] == seen:
            return str(known[3])
        begin = time.time()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if begin - status.st_mtime > SETTLED:
            self._known[str(path)] = [*seen, digest]
            self._changed = True
        return digest

    def save(self) -> None:
        """Keep what was read for the next process."""
        if not self._changed:
            return
        self._place.parent.mkdir(parents=True, exist_ok=True)
        draft = self._place.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(self._known), encoding="utf-8")
        os.replace(draft, self._place)
        self._changed = False
