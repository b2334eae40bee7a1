"""Bring a table's file from wherever it is, whole and as expected."""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from pipeline.errors import InputError
from pipeline.tables.external_tables import SUFFIXES

CHUNK = 1 << 20  # bytes
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of the answer
RETRIES = 4  # 0.5, 1, 2, 4 seconds apart
OBJECT_STORES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss")
SKLEARN_TABLES = ("breast_cancer", "diabetes", "digits", "iris", "wine")
LONGEST_WAIT = 60  # seconds that a server may ask for before the next try
SHOW_EVERY = 25 << 20  # bytes between two lines of progress

logger = logging.getLogger("get_data")


def fetch(url: str, folder: Path, root: Path, sha256: str | None = None) -> Path:
    """Copy the file at a URL into a folder.

    Args:
        url: http(s)://, s3://, gs://, az://, file://, a path, or ``sklearn:NAME`` for a table that
            scikit-learn ships.
        folder: where the file is written.
        root: folder that a relative path starts from.
        sha256: digest that the file must have, as 64 hexadecimal digits; None: not checked.

    Returns:
        The file, called as in the URL.

    Raises:
        InputError: nothing there, an error status, an HTML page, an empty or cut-off file, another
            digest, a scheme or a suffix that is not known. The folder is left without the file.
    """
    scheme, path = _parts(url)
    if scheme == "sklearn":
        return _from_sklearn(url, folder)
    name = Path(path).name
    if not name.lower().endswith(SUFFIXES):
        raise InputError(f"file_url {url}: {name!r} must end in one of {', '.join(SUFFIXES)}")
    target = folder / name
    with ExitStack() as undo:
        undo.callback(target.unlink, missing_ok=True)  # however it ends before it is whole
        with _opened(url, scheme, root / os.path.expanduser(path)) as pieces:
            size, digest = _write(pieces, target)
        if size == 0:
            raise InputError(f"file_url {url}: the file is empty; check the address")
        if sha256 and digest != sha256.lower():
            raise InputError(
                f"file_url {url}: its sha256 is {digest}, expected {sha256}; the file has changed "
                "or was damaged: check it, then put the new digest into data.sha256"
            )
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


def _write(pieces: Iterator[bytes], target: Path) -> tuple[int, str]:
    digest, size, shown = hashlib.sha256(), 0, 0
    with target.open("wb") as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
            if size - shown >= SHOW_EVERY:
                shown = size
                logger.info("%d MB so far", size >> 20)
    return size, digest.hexdigest()


@contextmanager
def _opened(url: str, scheme: str, place: Path) -> Iterator[Iterator[bytes]]:
    if scheme in ("http", "https"):
        opened: Any = _over_http(url)
    elif scheme in OBJECT_STORES:
        opened = _from_object_store(url)
    elif scheme in ("", "file"):
        opened = _from_disk(url, place)
    else:
        raise InputError(
            f"file_url {url}: unknown scheme {scheme!r}; use http(s)://, s3://, gs://, az://, "
            "file://, a path or sklearn:NAME"
        )
    with opened as pieces:
        yield pieces


@contextmanager
def _from_disk(url: str, place: Path) -> Iterator[Iterator[bytes]]:
    try:
        with place.open("rb") as file:
            yield _pieces(file)
    except OSError as error:
        raise InputError(
            f"file_url {url}: cannot read {place}: {error.strerror}; give an existing file "
            "(a relative path starts at the repository root)"
        ) from None


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK), b"")


@contextmanager
def _over_http(url: str) -> Iterator[Iterator[bytes]]:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry = Retry(
        RETRIES,
        backoff_factor=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        retry_after_max=LONGEST_WAIT,
    )
    try:
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=retry))
            session.mount("https://", HTTPAdapter(max_retries=retry))
            session.headers["Accept-Encoding"] = "identity"  # the file itself, as it is stored
            with session.get(url, stream=True, timeout=TIMEOUT) as answer:
                answer.raise_for_status()
                yield answer.iter_content(CHUNK)
    except requests.HTTPError as error:
        status = f"{error.response.status_code} {error.response.reason}"
        raise InputError(
            f"file_url {url}: the server answered {status}; check the address, or whether it asks "
            "for a login"
        ) from None
    except requests.RequestException as error:
        raise InputError(
            f"file_url {url}: {_reason(error)}; check the address and the network"
        ) from None


def _reason(error: Exception) -> str:
    """The innermost cause: requests wraps it in several layers of text."""
    cause = error.args[0] if error.args else error
    if not hasattr(cause, "reason"):
        return str(cause) or type(error).__name__
    return f"{str(cause.reason).rpartition('>: ')[2]} (tried {RETRIES + 1} times)"


@contextmanager
def _from_object_store(url: str) -> Iterator[Iterator[bytes]]:
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    folder, _, name = url.rpartition("/")
    try:
        yield iter(from_url(folder).get(name).stream(min_chunk_size=CHUNK))
    except (BaseError, OSError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(
            f"file_url {url}: {reason}; check the address and the credentials in the environment"
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
