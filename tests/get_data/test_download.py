"""A download whose connection breaks is taken up again, from a web server on this machine."""

import hashlib
import http.server
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from get_data import download, fetch
from tests.get_data.conftest import Refused
from tests.servers import QuietHandler, serving

BODY = b"a,b\n" + b"".join(b"%d,x\n" % n for n in range(20_000))
OTHER = b"a,b\n" + b"".join(b"%d,other\n" % n for n in range(15_000))
SHA256 = hashlib.sha256(BODY).hexdigest()
PIECE = 10_000  # bytes between two breaks


class Handler(QuietHandler, http.server.BaseHTTPRequestHandler):
    """Serves a file whose connection breaks after PIECE bytes, so many times as `breaks` says."""

    breaks = 0
    tags: tuple[str, ...] = ()  # one for each request, then the last
    bodies: tuple[bytes, ...] = ()  # the same
    kind = "ETag"
    honours = "range"  # or: nothing, another part, half (of what is asked for)
    asked: list[tuple[str | None, str | None]] = []  # noqa: RUF012 - of one test

    def do_GET(self) -> None:
        number = len(self.asked)
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
        self.asked.append((wanted, condition))
        body = self.bodies[min(number, len(self.bodies) - 1)]
        tag = self.tags[min(number, len(self.tags) - 1)] if self.tags else None
        start = 0
        if wanted and self.honours != "nothing" and condition == tag:
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])  # type: ignore[index]
        if wanted and start >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        half = start + (len(body) - start + 1) // 2
        end = half if start and self.honours == "half" else len(body)
        self.send_response(206 if start else 200)
        if start:
            said = start + (self.honours == "another part")
            self.send_header("Content-Range", f"bytes {said}-{end - 1}/{len(body)}")
        if tag:
            self.send_header(self.kind, tag)
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        self.wfile.write(body[start : start + PIECE] if number < self.breaks else body[start:end])
        self.close_connection = True


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with serving(Handler) as address:
        yield f"{address}/t.csv"


@pytest.fixture
def url(web: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a file that has not been asked for; nobody waits between two tries."""
    Handler.asked.clear()
    for name, value in {"tags": ('"v1"',), "bodies": (BODY,), "kind": "ETag", "honours": "range",
                        "breaks": 0}.items():  # fmt: skip
        monkeypatch.setattr(Handler, name, value)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setattr(download, "CHUNK", 1000)
    monkeypatch.setattr(download.time, "sleep", lambda _: None)
    return web


def ranges() -> list[str | None]:
    return [wanted for wanted, _ in Handler.asked]


def fetched(url: str, folder: Path, sha256: str | None = SHA256) -> bytes:
    return fetch.fetch(url, folder, folder, sha256).read_bytes()


@pytest.mark.parametrize(
    ("kind", "tag"), [("ETag", '"v1"'), ("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")]
)
def test_only_what_is_missing_is_asked_for(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, tag: str
) -> None:
    monkeypatch.setattr(Handler, "breaks", 3)
    monkeypatch.setattr(Handler, "kind", kind)
    monkeypatch.setattr(Handler, "tags", (tag,))
    assert fetched(url, folder) == BODY
    parts = [(f"bytes={n * PIECE}-", tag) for n in (1, 2, 3)]
    assert Handler.asked == [(None, None), *parts]


def test_a_server_without_ranges_begins_again(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "breaks", 2)
    monkeypatch.setattr(Handler, "honours", "nothing")
    assert fetched(url, folder) == BODY
    assert ranges() == [None, "bytes=10000-", "bytes=10000-"]


@pytest.mark.parametrize("tags", [(), ('W/"v1"',)], ids=["none", "weak"])
def test_without_a_strong_validator_it_begins_again(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, tags: tuple[str, ...]
) -> None:
    monkeypatch.setattr(Handler, "breaks", 2)
    monkeypatch.setattr(Handler, "tags", tags)
    assert fetched(url, folder) == BODY
    assert ranges() == [None] * 3


@pytest.mark.parametrize("bodies", [(OTHER, BODY), (BODY, OTHER)])
def test_a_file_that_has_changed_is_copied_anew(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, bodies: tuple[bytes, bytes]
) -> None:
    monkeypatch.setattr(Handler, "breaks", 1)
    monkeypatch.setattr(Handler, "bodies", bodies)
    monkeypatch.setattr(Handler, "tags", ('"v1"', '"v2"'))
    assert fetched(url, folder, None) == bodies[1]
    assert ranges() == [None, "bytes=10000-"]


def test_a_file_that_is_shorter_now_is_copied_anew(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "breaks", 1)
    monkeypatch.setattr(Handler, "bodies", (BODY, BODY[:PIECE], BODY[:PIECE]))
    assert fetched(url, folder, None) == BODY[:PIECE]
    assert ranges() == [None, "bytes=10000-", None]


def test_another_part_than_asked_for_is_not_taken(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "breaks", 1)
    monkeypatch.setattr(Handler, "honours", "another part")
    assert fetched(url, folder) == BODY
    assert ranges() == [None, "bytes=10000-", None]


def test_less_than_asked_for_is_not_the_end(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "breaks", 1)
    monkeypatch.setattr(Handler, "honours", "half")
    monkeypatch.setattr(download, "RETRIES", 20)
    assert fetched(url, folder) == BODY
    assert len(Handler.asked) > 5


def test_tries_are_limited(url: str, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "breaks", 99)
    refused(url, "more expected", "check the address and the network")
    assert len(Handler.asked) == download.RETRIES + 1


def test_what_was_put_together_has_the_digest(
    url: str, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that says that a changed file is the same one is found out."""
    monkeypatch.setattr(Handler, "breaks", 1)
    monkeypatch.setattr(Handler, "bodies", (BODY, OTHER))
    refused(url, "data.sha256", sha256=SHA256)
