"""The bytes that the double holds: files by their path, whole or not at all."""

import base64
import hashlib
import os
import uuid
from pathlib import Path
from typing import BinaryIO

PIECE = 1 << 20


class Blobs:
    """A folder of files; those under objects/ are named by the MD5 of their content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Return where a file is kept.

        Raises:
            ValueError: the name leads out of the folder.
        """
        found = Path(os.path.normpath(self.folder / name))
        if not found.is_relative_to(self.folder):
            raise ValueError(f"{name} leads out of the folder")
        return found

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return self.path(name).is_file()

    def read(self, name: str) -> bytes:
        """Return a file's content; b"" when there is none."""
        return self.path(name).read_bytes() if self.has(name) else b""

    def write(self, name: str, content: bytes) -> None:
        """Write a small file."""
        temporary = self._temporary(name)
        temporary.write_bytes(content)
        os.replace(temporary, self.path(name))

    def receive(self, name: str, source: BinaryIO, size: int) -> bool:
        """Write a file of a known size from a stream; False when the stream ends early.

        Raises:
            ValueError: the content is not what the name of an object promises.
        """
        temporary, digest = self._temporary(name), hashlib.md5()
        left = size
        with temporary.open("wb") as file:
            while left and (piece := source.read(min(PIECE, left))):
                digest.update(piece)
                file.write(piece)
                left -= len(piece)
        expected = name.removeprefix("objects/")
        wrong = name.startswith("objects/") and digest.hexdigest() != expected
        if left or wrong:
            temporary.unlink()
        else:
            os.replace(temporary, self.path(name))
        if wrong and not left:
            raise ValueError(f"the content has MD5 {digest.hexdigest()}, not {expected}")
        return not left

    def names(self, folder: str) -> list[str]:
        """Return the files of a folder and those below it, by their path in it."""
        top = self.path(folder)
        return sorted(str(p.relative_to(top)) for p in top.rglob("*") if p.is_file())

    def _temporary(self, name: str) -> Path:
        final = self.path(name)
        final.parent.mkdir(parents=True, exist_ok=True)
        incoming = self.folder.parent / "incoming"
        incoming.mkdir(exist_ok=True)
        return incoming / uuid.uuid4().hex


def object_name(digest: str) -> str:
    """Return the name of the bytes with this MD5, as manifests give it: in base64."""
    return f"objects/{base64.b64decode(digest).hex()}"
