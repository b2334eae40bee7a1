"""Copy a file over http(s); a connection that breaks is taken up again where it broke."""

import hashlib
import logging
import re
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from pipeline.errors import InputError

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 20  # bytes
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of the answer
RETRIES = 4  # 0.5, 1, 2, 4 seconds apart: of a request, and of what follows a broken answer
LONGEST_WAIT = 60  # seconds that a server may ask for before the next try
SHOW_EVERY = 25 << 20  # bytes between two lines of progress

logger = logging.getLogger("get_data")


class Copy:
    """A file that is being written, made with its first byte: its size and its digest so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.restart()

    def restart(self) -> None:
        """Forget what has been written."""
        if self._file:
            self._file.seek(0)
            self._file.truncate()
        self.size, self.sha256, self._shown = 0, hashlib.sha256(), 0

    def add(self, piece: bytes) -> None:
        """Write the next bytes."""
        self._file = self._file or self._path.open("wb")
        self._file.write(piece)
        self.sha256.update(piece)
        self.size += len(piece)
        if self.size - self._shown >= SHOW_EVERY:
            self._shown = self.size
            logger.info("%d MB so far", self.size >> 20)

    def __enter__(self) -> "Copy":
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()


def over_http(url: str, copy: Copy) -> None:
    """Copy what the server answers.

    Raises:
        InputError: nobody answers, an error status, an answer that ends early time and again.
    """
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
            _download(session, url, copy)
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


def _download(session: "requests.Session", url: str, copy: Copy) -> None:
    """Copy the file; after a break only what is missing, if the server says it is the same file."""
    import requests

    broken = (requests.exceptions.ChunkedEncodingError, requests.ConnectionError)
    validator = ""  # of the version of the file that is being copied
    for wait in (*(0.5 * 2**n for n in range(RETRIES)), None):
        headers = {"Range": f"bytes={copy.size}-", "If-Range": validator}
        asked = headers if copy.size and validator else None  # else from the beginning
        with session.get(url, stream=True, timeout=TIMEOUT, headers=asked) as answer:
            try:
                if answer.status_code != 416:  # the file is shorter by now
                    answer.raise_for_status()
                if answer.status_code == 200:
                    copy.restart()
                    validator = _validator(answer)
                _write(answer, copy)
                return
            except broken as error:
                if wait is None:
                    raise
                logger.warning("%s after %s bytes; trying again", _reason(error), f"{copy.size:,}")
        time.sleep(wait)


def _validator(answer: "requests.Response") -> str:
    """Return what tells this version of the file from others; nothing if its bytes may differ."""
    if "Content-Encoding" in answer.headers:
        return ""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _write(answer: "requests.Response", copy: Copy) -> None:
    """Write the bytes of an answer behind those that are there; ConnectionError if they do not fit.

    How many there must be urllib3 checks by Content-Length.
    """
    import requests

    total = copy.size
    if answer.status_code != 200:
        part = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        if not part or int(part[1]) != copy.size:
            copy.restart()
            raise requests.ConnectionError("the server sent another part than was asked for")
        total = int(part[2])
    for piece in answer.iter_content(CHUNK):
        copy.add(piece)
    if copy.size < total:
        raise requests.ConnectionError(f"{total - copy.size} more expected")


def _reason(error: Exception) -> str:
    """The innermost cause: requests wraps it in several layers of text."""
    cause = error.args[0] if error.args else error
    if not hasattr(cause, "reason"):
        return str(cause) or type(error).__name__
    return f"{str(cause.reason).rpartition('>: ')[2]} (tried {RETRIES + 1} times)"
