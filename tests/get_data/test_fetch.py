"""Fetching from a web server on this machine."""

import hashlib
import http.server
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from get_data import download, fetch
from pipeline.config.preprocess import Download
from tests.get_data.conftest import Refused
from tests.servers import QuietHandler, serving

BODY = b"a,b\n1,x\n"
DIGEST = hashlib.sha256(BODY).hexdigest()


class Handler(QuietHandler, http.server.BaseHTTPRequestHandler):
    """Says what the path asks for: /STATUS/..., or a word in the name."""

    asked: list[str] = []  # noqa: RUF012 - shared by the requests of one test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        _, folder, name = self.path.split("/", 2)
        again = self.asked.count(self.path) > 1
        self.send_response(200 if "once" in name and again else int(folder))
        self.send_header("Location", "/200/table.csv")
        self.send_header("Retry-After", "0" if "once" in name else "86400")
        body = b"" if "empty" in name else BODY
        self.send_header("Content-Length", str(len(body) + 90 * ("cut" in name or "stall" in name)))
        if "late" in name:
            time.sleep(0.5)
        self.end_headers()
        self.wfile.write(body)
        if "stall" in name:
            self.wfile.flush()
            time.sleep(0.5)


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with serving(Handler) as address:
        yield address


@pytest.fixture
def server(web: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A web server that has not been asked anything, no proxy in between, little patience."""
    Handler.asked.clear()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "RETRIES", 1)
    return web


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("/200/table.csv", "table.csv"),
        ("/200/TABLE.CSV", "TABLE.CSV"),
        ("/200/table.parquet", "table.parquet"),
        ("/200/deep/er/table.csv.gz?raw=true&x=/y.txt", "table.csv.gz"),
        ("/200/my%20t%C3%A4ble%231.csv", "my täble#1.csv"),
        ("/200/..%2F..%2Fup.csv", "up.csv"),
        ("/302/moved.csv", "moved.csv"),
        ("/500/once.csv", "once.csv"),
        ("/503/once.csv", "once.csv"),
        ("/429/once.csv", "once.csv"),
    ],
)
@pytest.mark.parametrize("sha256", [None, DIGEST, DIGEST.upper()])
def test_over_http(server: str, folder: Path, page: str, name: str, sha256: str | None) -> None:
    found = fetch.fetch(server + page, folder, folder.parent, sha256)
    assert found == folder / name
    assert [path.name for path in folder.iterdir()] == [name]
    assert found.read_bytes() == BODY
    assert Handler.asked[0] == page  # the query and the encoding reach the server
    assert len(Handler.asked) == 1 + ("once" in page or "moved" in page)


@pytest.mark.parametrize(
    ("page", "words", "requests"),
    [
        ("/404/table.csv", ["404 Not Found", "check the address"], 1),
        ("/403/table.csv", ["403 Forbidden", "login"], 1),
        ("/401/table.csv?raw=true", ["401", "login"], 1),
        ("/200/cut.csv", ["90 more expected", "check the address and the network"], 2),
        ("/200/empty.csv", ["the file is empty"], 1),
        ("/200/table.sav", ["'table.sav' must end in one of .parquet, .csv, .tsv"], 0),
        ("/200/", ["must end in one of"], 0),
        ("/200/t?x=/t.csv", ["'t' must end in one of"], 0),
    ],
)
def test_refused_over_http(
    server: str, refused: Refused, page: str, words: list[str], requests: int
) -> None:
    assert "tried" not in refused(server + page, *words)
    assert len(Handler.asked) == requests


def test_a_server_that_keeps_failing(
    server: str, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LONGEST_WAIT", 0.1)  # the server asks for a day
    started = time.monotonic()
    refused(server + "/503/table.csv", "too many 503", "(tried 2 times)")
    assert time.monotonic() - started < 10
    assert len(Handler.asked) == 2


def test_a_slow_server(server: str, refused: Refused) -> None:
    impatient = Download(timeout=0.15)  # type: ignore[arg-type]
    words = ("timed out", "network")
    refused(server + "/200/late.csv", *words, "(tried 2 times)", limits=impatient)
    refused(server + "/200/stall.csv", *words, limits=impatient)


def test_nobody_answers(server: str, refused: Refused) -> None:
    refused("http://127.0.0.1:1/t.csv", "Connection refused", "network", "(tried 2 times)")


def test_another_digest(server: str, refused: Refused) -> None:
    words = [DIGEST, "ab" * 32, "data.sha256"]
    refused(server + "/200/table.csv", *words, sha256="ab" * 32)


def test_an_interrupt_leaves_no_file(
    server: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        def update(self, _: bytes) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(download.hashlib, "sha256", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch(server + "/200/table.csv", folder, folder)
    assert list(folder.iterdir()) == []
