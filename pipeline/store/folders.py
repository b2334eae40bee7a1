"""How a store that is a folder is read: without obstore, whose threads no fork would have."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

UNFINISHED = re.compile(r"#\d+$")  # how obstore names files that it has not written whole


def chunks(path: Path, size: int) -> Iterator[bytes]:
    """Yield the bytes of a file, some at a time."""
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk


def entries(folder: Path, prefix: str) -> Iterator[tuple[str, int, datetime]]:
    """Yield the files below a prefix as `Objects.entries` says.

    Raises:
        OSError: a folder cannot be read.
    """
    for place, _, names in os.walk(folder / prefix, onerror=_raise):
        for path in (Path(place, name) for name in sorted(names) if not UNFINISHED.search(name)):
            with suppress(FileNotFoundError):  # it is gone meanwhile
                status = path.stat()
                key, changed = (
                    path.relative_to(folder),
                    datetime.fromtimestamp(status.st_mtime, UTC),
                )
                yield key.as_posix(), status.st_size, changed


def _raise(error: OSError) -> None:
    raise error
