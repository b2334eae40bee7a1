"""Downloads end: in time, at a size, and at addresses that may be asked."""

import http.server
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from get_data import download, fetch
from pipeline import network
from pipeline.cache import external_files
from pipeline.config.preprocess import Download
from tests.get_data.conftest import Refused
from tests.servers import QuietHandler, serving

BODY = b"a,b\n" + b"1,x\n" * 100


class Handler(QuietHandler, http.server.BaseHTTPRequestHandler):
    """Does what the name says, until the client has gone."""

    asked: list[str] = []  # noqa: RUF012 - of one test
    to = ""  # where it redirects to
    retry_after = ""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        getattr(self, self.path.strip("/").removesuffix(".csv"), self.file)()

    do_HEAD = do_GET  # noqa: N815

    def _head(self, status: int = 200, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def _slowly(self, byte: bytes, seconds: float) -> None:
        for _ in range(400):
            self.wfile.write(byte)
            self.wfile.flush()
            time.sleep(seconds)

    def file(self) -> None:
        self._head(Content_Length=len(BODY))
        self.wfile.write(BODY)

    def slow(self) -> None:
        self._head(Content_Length=10**6)
        self._slowly(b"x", 0.02)

    def slow_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Header: ")
        self._slowly(b"x", 0.02)

    def endless(self) -> None:
        self._head()
        self._slowly(b"x" * 1000, 0)

    def large(self) -> None:
        self._head(Content_Length=10**15)

    def chunks(self) -> None:
        self.protocol_version = "HTTP/1.1"
        self._head(Transfer_Encoding="chunked")
        self._slowly(b"4\r\nabcd\r\n", 0)

    def moved(self) -> None:
        self._head(302, Location=self.to, Content_Length=0)

    def again(self) -> None:
        self._head(302, Location="/again.csv", Content_Length=0)

    def busy(self) -> None:
        self._head(503, Retry_After=self.retry_after, Content_Length=0)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(Handler) as address:
        yield address


@pytest.fixture
def web(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    Handler.asked.clear()
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    return address


def limits(**given: Any) -> Download:
    return Download(**given)


@pytest.mark.parametrize("name", ["slow", "slow_head"])
def test_all_of_it_has_a_limit_of_time(web: str, refused: Refused, name: str) -> None:
    words = ("bytes came in 0.5 s", "download.total_timeout")
    said = refused(f"{web}/{name}.csv", *words, limits=limits(total_timeout=0.5))
    assert ("only 0 bytes" in said) == (name == "slow_head")


@pytest.mark.parametrize(
    "asked_for",
    ["86400", "9" * 30, "Fri, 31 Dec 9999 23:59:59 GMT", "2026-01-01T00:00:00Z", "soon"],
)
def test_a_server_that_asks_to_wait(web: str, refused: Refused, asked_for: str,
                                    monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(Handler, "retry_after", asked_for)
    refused(f"{web}/busy.csv", limits=limits(total_timeout=0.5))
    assert len(Handler.asked) == 1


@pytest.mark.parametrize("name", ["endless", "large", "chunks", "file"])
def test_what_is_too_large(web: str, refused: Refused, name: str) -> None:
    said = refused(f"{web}/{name}.csv", "where 300 are allowed", "download.max_bytes",
                   limits=limits(max_bytes=300))  # fmt: skip
    if name == "large":
        assert f"{10**15:,} bytes" in said


def test_what_is_just_as_large_as_it_may_be(web: str, folder: Path) -> None:
    found = fetch.fetch(f"{web}/t.csv", folder, folder, None, limits(max_bytes=len(BODY)))
    assert found.read_bytes() == BODY


def test_too_large_in_a_bucket(bucket: Any, refused: Refused) -> None:
    bucket.put_object(Bucket="bucket", Key="t.csv", Body=BODY)
    refused("s3://bucket/t.csv", "404 bytes or more, where 300", limits=limits(max_bytes=300))


def test_a_file_on_disk_has_no_limit(folder: Path) -> None:
    (folder.parent / "t.csv").write_bytes(BODY)
    fetch.fetch("t.csv", folder, folder.parent, None, limits(max_bytes=1, total_timeout=1))


LOCAL = ["169.254.169.254", "[::ffff:169.254.169.254]", "2852039166", "0xa9fea9fe", "[fe80::1]",
         "0251.0376.0251.0376", "169.254.1", "[fd00:ec2::254]", "100.100.100.200"]  # fmt: skip


@pytest.mark.parametrize("host", LOCAL)
def test_link_local_addresses_are_not_asked(
    web: str, refused: Refused, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    to = f"http://{host}/latest/t.csv"
    words = ("an address of this machine's network or cloud", "download.link_local=true")
    refused(to, *words)
    monkeypatch.setattr(Handler, "to", to)
    refused(f"{web}/moved.csv", *words)
    assert Handler.asked == ["/moved.csv"]


def test_names_of_such_addresses(
    web: str, folder: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "METADATA", ("127.0.0.1",))
    port = web.rpartition(":")[2]
    refused(f"http://localhost:{port}/t.csv", "localhost is 127.0.0.1, an address of")
    assert Handler.asked == []
    found = fetch.fetch(f"{web}/t.csv", folder, folder, None, limits(link_local=True))
    assert found.read_bytes() == BODY


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/t.csv", "data:,x", "gopher:x"]
)
def test_redirects_to_what_is_no_http(
    web: str, refused: Refused, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    monkeypatch.setattr(Handler, "to", to)
    refused(f"{web}/moved.csv", "is not http(s)://, and no other redirect is followed")


def test_too_many_redirects(web: str, refused: Refused) -> None:
    refused(f"{web}/again.csv", "Exceeded 10 redirects")
    assert len(Handler.asked) == 11


@pytest.mark.parametrize("to", ["http://169.254.169.254/t.csv", "file:///etc/passwd"])
def test_the_cache_follows_no_such_redirect(
    web: str, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    monkeypatch.setattr(Handler, "to", to)
    with pytest.raises(external_files.UnknownFactError):
        external_files.url_content(f"{web}/moved.csv", "")
    assert Handler.asked == ["/moved.csv"]


def test_the_cache_does_not_wait(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_files, "PATIENCE", 0.5)
    with pytest.raises(external_files.UnknownFactError):
        external_files.url_content(f"{web}/slow_head.csv", "")


def test_progress(
    web: str, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(download, "SHOW_AFTER", 0)
    with caplog.at_level("INFO", "get_data"):
        fetch.fetch(f"{web}/t.csv", folder, folder)
    assert "404 bytes so far" in caplog.text
