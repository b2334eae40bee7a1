"""Copy a file over http(s); a connection that breaks is taken up again where it broke."""

import hashlib
import logging
import math
import re
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from pipeline.config.preprocess import Download
from pipeline.errors import InputError
from pipeline.network import REDIRECTS, check_address, check_redirect
from pipeline.progress import Counter

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 20  # bytes
CONNECT = 10  # seconds to connect, at most
RETRIES = 4  # 0.5, 1, 2, 4 seconds apart: of a request, and of what follows a broken answer
LONGEST_WAIT = 60  # seconds that a server may ask for before the next try
SHOW_EVERY = 25 << 20  # bytes between two lines of progress
SHOW_AFTER = 10  # seconds, if there are fewer

logger = logging.getLogger("get_data")


class Copy:
    """A file that is being written, made with its first byte: its size and its digest so far.

    What is larger than its `limit` (bytes) is refused: as soon as its size is known, or reached.
    """

    def __init__(self, path: Path) -> None:
        self._path, self.limit = path, math.inf
        self._file: BinaryIO | None = None
        self._shown_at = time.monotonic()
        self._counter = Counter("bytes")
        self.restart()

    def expect(self, size: int) -> None:
        """Take note of how large the whole will be."""
        self._allow(size)
        self._counter.total = size if size > self.size else None  # else nobody has said it

    def _allow(self, size: int) -> None:
        if size > self.limit:
            raise InputError(
                f"{size:,} bytes or more, where {self.limit:,} are allowed; "
                "check the address, or allow more with download.max_bytes"
            )

    def restart(self) -> None:
        """Forget what has been written."""
        if self._file:
            self._file.seek(0)
            self._file.truncate()
        self.size, self.sha256, self._shown = 0, hashlib.sha256(), 0

    def add(self, piece: bytes) -> None:
        """Write the next bytes."""
        self._allow(self.size + len(piece))
        self._file = self._file or self._path.open("wb")
        self._file.write(piece)
        self.sha256.update(piece)
        self.size += len(piece)
        self._counter.tell(self.size)
        now = time.monotonic()
        if self.size - self._shown >= SHOW_EVERY or now - self._shown_at >= SHOW_AFTER:
            self._shown, self._shown_at = self.size, now
            logger.info("%s bytes so far", f"{self.size:,}")

    def __enter__(self) -> "Copy":
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._counter.end()
        if self._file:
            self._file.close()


def over_http(url: str, copy: Copy, limits: Download) -> None:
    """Copy what the server answers.

    Raises:
        InputError: nobody answers, an error status, an answer that ends early time and again, an
            address that is not asked.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import HTTPError
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
            session.max_redirects = REDIRECTS
            session.hooks["response"].append(
                lambda answer, *_, **__: check_redirect(answer, limits.link_local)
            )
            _download(session, url, copy, limits)
    except requests.HTTPError as error:
        status = f"{error.response.status_code} {error.response.reason}"
        raise InputError(
            f"the server answered {status}; check the address, or whether it asks for a login"
        ) from None
    except (requests.RequestException, HTTPError) as error:
        raise InputError(f"{_reason(error)}; check the address and the network") from None


def _download(session: "requests.Session", url: str, copy: Copy, limits: Download) -> None:
    """Copy the file; after a break only what is missing, if the server says it is the same file."""
    import requests
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    broken = (ProtocolError, ReadTimeoutError, requests.ConnectionError)
    validator = ""  # of the version of the file that is being copied
    for wait in (*(0.5 * 2**n for n in range(RETRIES)), None):
        headers = {"Range": f"bytes={copy.size}-", "If-Range": validator}
        asked = headers if copy.size and validator else None  # else from the beginning
        patience = (min(CONNECT, limits.timeout), limits.timeout)
        check_address(url, limits.link_local)
        with session.get(url, stream=True, timeout=patience, headers=asked) as answer:
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
    length = answer.headers.get("Content-Length", "")
    copy.expect(copy.size + (int(length) if length.isdecimal() else 0))
    while piece := answer.raw.read1(CHUNK, decode_content=True):  # what is there, without waiting
        copy.add(piece)
    if copy.size < total:
        raise requests.ConnectionError(f"{total - copy.size} more expected")


def _reason(error: Exception) -> str:
    """The innermost cause: requests wraps it in several layers of text."""
    cause = error.args[0] if error.args else error
    if not hasattr(cause, "reason"):
        return str(cause) or type(error).__name__
    return f"{str(cause.reason).rpartition('>: ')[2]} (tried {RETRIES + 1} times)"
