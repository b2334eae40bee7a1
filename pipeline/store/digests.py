"""Digests of files, kept by size, time and inode: a file that did not change is not read again."""

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path

from pipeline.files import write_text

# A file that changed just before it was read may change once more within the same tick of its
# file system's clock, and look the same: its digest is not kept.
SETTLED = 2.0  # seconds


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hex; OSError when it cannot be read."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


class Digests:
    """SHA-256 of files; what was read is kept in a JSON file."""

    def __init__(self, file: Path, recheck: bool = False) -> None:
        """Take the JSON file; with recheck every file is read once again."""
        self._file = file
        self._entries: dict[str, list[int | str]] = {}
        if not recheck and file.exists():
            with suppress(ValueError):  # half-written by a machine that went down
                entries = json.loads(file.read_text(encoding="utf-8"))
                self._entries = entries if isinstance(entries, dict) else {}
        self._changed = recheck

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file as hex; OSError when it cannot be read."""
        status = path.stat()
        state = [status.st_size, status.st_mtime_ns, status.st_ino]
        entry = self._entries.get(str(path))
        if entry and entry[:3] == state:
            return str(entry[3])
        begin = time.time()
        digest = file_sha256(path)
        if begin - status.st_mtime > SETTLED:
            self._entries[str(path)] = [*state, digest]
            self._changed = True
        return digest

    def save(self) -> None:
        """Keep what was read for the next process."""
        if not self._changed:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_text(self._file, json.dumps(self._entries))
        self._changed = False
