"""Fetching from a web server on this machine, from disk and from scikit-learn."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from get_data import fetch
from pipeline.errors import InputError

BODY = b"a,b\n1,x\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """Says what the path asks for."""

    asked: list[str] = []  # noqa: RUF012 - shared by the requests of one test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        first = self.asked.count(self.path) == 1
        status = 503 if "busy" in self.path and first else 200
        self.send_response(302 if "moved" in self.path else status)
        if "moved" in self.path:
            self.send_header("Location", "/table.csv")
        self.send_header("Content-Length", str(len(BODY) + 90 * ("cut" in self.path)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.mark.parametrize("page", ["/table.csv", "/table.csv?raw=true", "/moved.csv", "/busy.csv"])
def test_over_http(server: str, tmp_path: Path, page: str) -> None:
    digest = hashlib.sha256(BODY).hexdigest()
    found = fetch.fetch(server + page, tmp_path, tmp_path, digest.upper())
    assert found.read_bytes() == BODY
    assert found.suffix == ".csv"


def test_a_cut_connection_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cut\.csv.*check the address and the network") as caught:
        fetch.fetch(server + "/cut.csv", tmp_path, tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_from_disk(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(BODY)
    target = tmp_path / "target"
    target.mkdir()
    for url in ("t.csv", str(tmp_path / "t.csv"), (tmp_path / "t.csv").as_uri()):
        assert fetch.fetch(url, target, tmp_path).read_bytes() == BODY


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("nope.csv", "No such file"),
        ("table.txt", "must end in one of"),
        ("ftp://host/t.csv", "unknown scheme 'ftp'"),
        ("sklearn:nope", "sklearn:wine"),
    ],
)
def test_refusals(tmp_path: Path, url: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        fetch.fetch(url, tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_scikit_learns_own_table(tmp_path: Path) -> None:
    assert fetch.fetch("sklearn:wine", tmp_path, tmp_path).name == "wine.parquet"
