"""A table in many Parquet files: a folder on disk, or below an address of an object store."""

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from get_data.download import CHUNK, Copy
from pipeline.config.preprocess import Download
from pipeline.errors import InputError
from pipeline.tables.reading.folders import folder_sha256, parquet_files

logger = logging.getLogger("get_data")


def from_disk(source: Path, target: Path) -> None:
    """Copy the Parquet files below a folder; InputError when there are none."""
    files = parquet_files(source)
    if not files:
        raise InputError(f"no .parquet file is below {source}; check the path")
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def from_store(url: str, target: Path, limits: Download) -> None:
    """Copy the Parquet files below an address of an object store.

    Raises:
        InputError: there are none, more bytes or seconds than allowed, or no access.
    """
    with store_failures():
        _copy(url, target, limits)
    if not target.is_dir() or not parquet_files(target):
        raise InputError("no .parquet file is below it; check the address")


@contextmanager
def store_failures() -> Iterator[None]:
    """Say in one line what an object store says."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(
            f"{reason}; check the address and the credentials in the environment"
        ) from None


def _copy(url: str, target: Path, limits: Download) -> None:
    from pipeline.object_stores import client

    store, deadline = client(url.rstrip("/")), time.monotonic() + limits.total_timeout
    entries = [entry for batch in store.list() for entry in batch]
    sizes = {e["path"]: e["size"] for e in entries if e["path"].endswith(".parquet")}
    if (size := sum(sizes.values())) > limits.max_bytes:
        raise InputError(
            f"{size:,} bytes, where {limits.max_bytes:,} are allowed; check the address, or "
            "allow more with download.max_bytes"
        )
    for name in sorted(sizes):
        path = target / name
        if not path.resolve().is_relative_to(target.resolve()):
            raise InputError(f"{name!r} leads out of the folder; check the store")
        path.parent.mkdir(parents=True, exist_ok=True)
        with Copy(path) as copy:
            copy.limit = sizes[name]
            for piece in store.get(name).stream(min_chunk_size=CHUNK):
                copy.add(piece)
                if time.monotonic() > deadline:
                    raise InputError(
                        f"not all came in {limits.total_timeout} s; check the network, or give "
                        "it longer with download.total_timeout"
                    )


def expect(url: str, found: str, sha256: str | None) -> None:
    """Raise InputError when a file or a folder at a URL has another digest than is expected."""
    if sha256 and found != sha256.lower():
        raise InputError(
            f"file_url {url}: its sha256 is {found}, expected {sha256}; the file has changed or "
            "was damaged: check it, then put the new digest into data.sha256"
        )


def copied(
    url: str, source: Path | None, target: Path, sha256: str | None, limits: Download
) -> Path:
    """Copy the Parquet files below a folder on disk, or else in an object store.

    Raises:
        InputError: as from_disk and from_store, or another digest; nothing is left then.
    """
    try:
        if source is not None:
            from_disk(source, target)
        else:
            from_store(url, target, limits)
        expect(url, _digest(url, target), sha256)
    except InputError as error:
        shutil.rmtree(target, ignore_errors=True)
        line = str(error).removeprefix(f"file_url {url}: ")
        raise InputError(f"file_url {url}: {line}") from None
    return target


def _digest(url: str, target: Path) -> str:
    """Return the digest of a folder that was copied, and say so."""
    found = folder_sha256(target)
    count = len(parquet_files(target))
    logger.info("copied %s files from %s, sha256 %s", f"{count:,}", url, found)
    return found
