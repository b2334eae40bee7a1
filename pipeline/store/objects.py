"""Bytes under keys, in a folder or in an object store: what the artifact store is built on."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore

from pipeline.errors import InputError
from pipeline.files import advice_on, settle
from pipeline.object_stores import client
from pipeline.store import folders
from pipeline.text.masking import revealed

if TYPE_CHECKING:
    from obstore import Bytes
    from obstore.store import RetryConfig

SCHEMES = ("s3", "gs", "az", "memory", "file")
CHUNK = 8 * 2**20  # bytes held at a time while an object streams
# An endpoint that is down is reported after about three seconds, not after minutes.
RETRIES: "RetryConfig" = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}


class Objects:
    """Bytes under relative posix keys in one folder or object store.

    Writes are atomic: an object is there whole or not at all, and stays there through a power cut.
    Whatever keeps the store itself from being read or written raises an InputError that names the
    store and the reason.

    Attributes:
        used: whether obstore has been asked for anything. It then has threads, which no fork of
            this process has: there it would wait for them without end.
    """

    used = False

    def __init__(self, location: str | Path) -> None:
        """Take a folder (made at the first write) or a URL: s3, gs, az, memory or file.

        Credentials and endpoint of a URL come from the usual environment variables, such as
        AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL, or from a profile in ~/.aws.
        """
        self.url = str(location)
        self.folder = _folder_of(self.url)
        self._client: ObjectStore | None = None
        if self.folder is None:
            with self._failures():
                self._client = client(revealed(self.url), retry_config=RETRIES)

    def read(self, key: str) -> bytes | None:
        """Return the bytes under the key, None when there are none."""
        with self._failures():
            try:
                if self.folder:
                    return (self.folder / key).read_bytes()
                return bytes(self._open().get(key).bytes())
            except FileNotFoundError:
                return None

    def sha256(self, key: str, copy: IO[bytes] | None = None) -> str | None:
        """Return the SHA-256 of the bytes under the key as hex, None when there are none.

        The bytes stream through; with `copy`, they are also written to that file.
        """
        digest = hashlib.sha256()
        with self._failures():
            try:
                for chunk in self._chunks(key):
                    digest.update(chunk)
                    if copy is not None:
                        copy.write(chunk)
            except FileNotFoundError:
                return None
        return digest.hexdigest()

    def holds(self, key: str, size: int, sha256: str) -> bool:
        """Say whether the key already holds these bytes."""
        with self._failures():
            try:
                if self._size(key) != size:
                    return False
            except FileNotFoundError:
                return False
        # A folder's files can be damaged or edited, and reading them is cheap. An object
        # store checks its own bytes, and reading them would cost a download.
        return self.folder is None or self.sha256(key) == sha256

    def keys(self, prefix: str) -> list[str]:
        """Return every key below the prefix, a whole path such as `aliases/raw_data.csv`."""
        return [key for key, _, _ in self.entries(prefix)]

    def entries(self, prefix: str) -> list[tuple[str, int, datetime]]:
        """Return the same with each one's size in bytes and when it was written."""
        with self._failures():
            try:
                if self.folder:
                    return list(folders.entries(self.folder, prefix))
                batches = list(self._open().list(prefix))
            except FileNotFoundError:  # a folder that nothing was written to yet
                return []
        entries = [entry for batch in batches for entry in batch]
        return [(str(entry["path"]), entry["size"], entry["last_modified"]) for entry in entries]

    def delete(self, key: str) -> None:
        """Remove what is under the key; nothing there is well, too."""
        with self._failures(), suppress(FileNotFoundError):
            self._open().delete(key)

    def write(self, key: str, content: bytes) -> None:
        """Put the bytes under the key, in place of what was there."""
        with self._failures():
            self._open(write=True).put(key, content)
            self._settle(key)

    def create(self, key: str, content: bytes) -> bool:
        """Put the bytes under the key if nothing is there; say whether they were put.

        Of several writers at once, in whatever process, exactly one gets True.
        """
        with self._failures():
            try:
                # Multipart uploads know no "only if absent".
                self._open(write=True).put(key, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            self._settle(key)
        return True

    def upload(self, key: str, path: Path) -> None:
        """Stream a file to the key, in place of what was there."""
        with self._failures():
            self._open(write=True).put(key, path)
            self._settle(key)

    def _chunks(self, key: str) -> "Iterator[bytes | Bytes]":
        if self.folder:
            yield from folders.chunks(self.folder / key, CHUNK)
        else:
            yield from self._open().get(key).stream(min_chunk_size=CHUNK)

    def _size(self, key: str) -> int:
        if self.folder:
            return (self.folder / key).stat().st_size
        return int(self._open().head(key)["size"])

    def _settle(self, key: str) -> None:
        """Wait until a folder's file is on the disk: what refers to it must not outlive it."""
        if self.folder is None:
            return
        settle(self.folder / key)
        settle((self.folder / key).parent)

    def _open(self, write: bool = False) -> ObjectStore:
        """Return the obstore client; reading a folder that is not there is FileNotFoundError."""
        Objects.used = True
        if self._client is None:
            assert self.folder is not None
            if not write:
                self.folder.stat()
            self._client = LocalStore(self.folder, mkdir=True)
        return self._client

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what obstore raises (ValueError: a key it cannot hold) into an InputError."""
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            # After its first part obstore prints its inner state; servers answer in XML.
            reason = re.sub(r"<[^>]*>", " ", str(error).split("Debug source:")[0])
            advice = advice_on(reason) or advice_on(f"(os error {getattr(error, 'errno', 0)})")
            line = f"artifact store {self.url}: {' '.join(reason.split())}{advice}"
            raise InputError(line) from error


def _folder_of(location: str) -> Path | None:
    """Return the folder that a path or a file:// URL means, None for another URL."""
    if "://" not in location:
        return Path(location).absolute()
    scheme = urlsplit(location).scheme
    if scheme not in SCHEMES:
        raise InputError(
            f"artifact store {location}: {scheme}:// is not known; give a folder or one of "
            + ", ".join(f"{name}://" for name in SCHEMES)
        )
    return Path(url2pathname(urlsplit(location).path)) if scheme == "file" else None
