"""Bring a table's file from wherever it is, whole and as expected."""

import logging
import os
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote, urlsplit

from get_data import folders
from get_data.download import CHUNK, Copy, over_http
from pipeline.config.preprocess import Download, Read
from pipeline.errors import InputError
from pipeline.network import within
from pipeline.object_stores import client
from pipeline.tables import databases
from pipeline.tables.external_tables import SUFFIXES

OBJECT_STORES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss")
SKLEARN_TABLES = ("breast_cancer", "diabetes", "digits", "iris", "wine")

DEFAULTS, AS_IT_LOOKS = Download(), Read()

logger = logging.getLogger("get_data")


def fetch(
    url: str,
    folder: Path,
    root: Path,
    sha256: str | None = None,
    limits: Download = DEFAULTS,
    read: Read = AS_IT_LOOKS,
) -> Path:
    """Copy the file at a URL into a folder; return it, called as in the URL.

    Args:
        url: http(s)://, s3://, gs://, az://, file://, a path (with / at its end, but of http: a
            folder of Parquet files), ``sklearn:NAME``, or as in pipeline/tables/databases.
        folder: where the file is written.
        root: folder that a relative path starts from.
        sha256: digest that the file must have, as 64 hexadecimal digits; None: not checked.
        limits: of time and size, for what does not come from disk; which addresses are asked.
        read: query or snapshot of a database.

    Raises:
        InputError: nothing there, an error status, an empty or cut-off file, another digest, an
            unknown scheme or suffix, a limit. The folder is left without the file.
    """
    if databases.scheme_of(url):
        return _from_database(url, folder, root, sha256, (limits, read))
    databases.check(url, read, root)
    scheme, path = _parts(url)
    if scheme == "sklearn":
        return _from_sklearn(url, folder)
    name = Path(path).name
    if scheme in ("", "file") and name and path.endswith("/"):
        source = root / os.path.expanduser(path)
        return folders.copied(url, source, folder / name, sha256, limits)
    if scheme in OBJECT_STORES and path.endswith("/") and urlsplit(url).path.strip("/"):
        return folders.copied(url, None, folder / name, sha256, limits)
    if not name.lower().endswith(SUFFIXES):
        raise InputError(f"file_url {url}: {name!r} must end in one of {', '.join(SUFFIXES)}")
    return _file(url, (scheme, root / os.path.expanduser(path)), folder / name, sha256, limits)


def _file(
    url: str, place: tuple[str, Path], target: Path, sha256: str | None, limits: Download
) -> Path:
    """Copy a file; `place` is its scheme, and where it is if it is on disk."""
    with ExitStack() as undo:
        undo.callback(target.unlink, missing_ok=True)  # however it ends before it is whole
        with Copy(target) as copy:
            _copy(url, *place, copy, limits)
        size, digest = copy.size, copy.sha256.hexdigest()
        if size == 0:
            raise InputError(f"file_url {url}: the file is empty; check the address")
        folders.expect(url, digest, sha256)
        undo.pop_all()
    logger.info("fetched %s bytes from %s, sha256 %s", f"{size:,}", url, digest)
    return target


def _parts(url: str) -> tuple[str, str]:
    """Return the scheme and the path; on disk and in a bucket, ?, # and % are part of a name."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InputError(f"file_url {url}: {error}; check the address") from None
    path = unquote(parts.path) if parts.scheme in ("http", "https", "file") else url
    if any(ord(character) < 32 for character in url + path):
        raise InputError(f"file_url {url!r}: a line break or the like is in it; check the address")
    return parts.scheme, path


def _copy(url: str, scheme: str, path: Path, copy: Copy, limits: Download) -> None:
    """Copy the file; `path` is where it is if it is on disk."""
    if scheme in ("", "file"):
        _from_disk(url, path, copy)
    elif scheme in ("http", "https", *OBJECT_STORES):
        bring = over_http if scheme in ("http", "https") else _from_object_store
        copy.limit = limits.max_bytes
        try:
            within(limits.total_timeout, lambda: bring(url, copy, limits))
        except TimeoutError:
            copy.limit = 0  # the thread stops with its next byte
            raise InputError(
                f"file_url {url}: only {copy.size:,} bytes came in {limits.total_timeout} s; check "
                "the network, or give it longer with download.total_timeout"
            ) from None
        except InputError as error:
            raise InputError(f"file_url {url}: {error}") from None
    else:
        raise InputError(
            f"file_url {url}: unknown scheme {scheme!r}; use http(s)://, s3://, gs://, az://, "
            "file://, a path, sklearn:NAME or a database (docs/databases.md)"
        )


def _from_disk(url: str, path: Path, copy: Copy) -> None:
    try:
        with path.open("rb") as file:
            copy.expect(os.fstat(file.fileno()).st_size)
            for piece in iter(lambda: file.read(CHUNK), b""):
                copy.add(piece)
    except OSError as error:
        raise InputError(
            f"file_url {url}: cannot read {path}: {error.strerror}; give an existing file "
            "(a relative path starts at the repository root), or a folder of Parquet files with a "
            "/ at its end"
        ) from None


def _from_object_store(url: str, copy: Copy, __: Download) -> None:
    folder, _, name = url.rpartition("/")
    with folders.store_failures():
        found = client(folder).get(name)
        copy.expect(found.meta["size"])
        for piece in found.stream(min_chunk_size=CHUNK):
            copy.add(piece)


def _from_database(
    url: str, folder: Path, root: Path, sha256: str | None, how: tuple[Download, Read]
) -> Path:
    limits, read = how
    if sha256:
        raise InputError(
            f"file_url {url}: data.sha256 is of a file; set it to null, and let data.read.snapshot "
            "or data.read.version_query say which rows are meant"
        )
    try:
        return within(limits.total_timeout, lambda: databases.write(url, read, root, folder))
    except TimeoutError:
        raise InputError(
            f"file_url {url}: the rows did not come in {limits.total_timeout} s; check the "
            "network, or give it longer with download.total_timeout"
        ) from None


def _from_sklearn(url: str, folder: Path) -> Path:
    """Write one of scikit-learn's own tables (its ``load_*`` functions) as Parquet."""
    from sklearn import datasets

    name = url.partition(":")[2]
    if name not in SKLEARN_TABLES:
        raise InputError(f"file_url {url}: choose from sklearn:{', sklearn:'.join(SKLEARN_TABLES)}")
    target = folder / f"{name}.parquet"
    getattr(datasets, f"load_{name}")(as_frame=True).frame.to_parquet(target, index=False)
    return target
