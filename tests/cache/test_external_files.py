"""Files and URLs that parameters name: what tells their content, and when nothing does."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pipeline.cache.external_files import (
    GoneError,
    UnknownFactError,
    local_file,
    named_files,
    url_content,
)

ANSWERS: dict[str, tuple[int, dict[str, str]]] = {
    "/both": (200, {"ETag": '"x"', "Last-Modified": "Monday", "Content-Length": "3"}),
    "/modified": (200, {"Last-Modified": "Monday", "Content-Length": "3"}),
    "/moved": (302, {"Location": "/both", "Content-Length": "0", "ETag": '"moved"'}),
    "/no-mark": (200, {"Content-Length": "3"}),
    "/no-length": (200, {"ETag": '"x"'}),
    "/broken": (500, {"ETag": '"x"', "Content-Length": "3"}),
}


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        status, headers = ANSWERS.get(self.path, (404, {"ETag": '"no"', "Content-Length": "3"}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the address of a server that answers HEAD, and nothing else."""
    with pytest.MonkeyPatch.context() as patch, ThreadingHTTPServer(("127.0.0.1", 0), Handler) as s:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("no_proxy", "127.0.0.1")
        thread = Thread(target=s.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{s.server_port}"
        s.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "told"), [("/both", '"x" 3'), ("/modified", "Monday 3"), ("/moved", '"x" 3')]
)
def test_an_http_url_is_told_by_its_validators(path: str, told: str, server: str) -> None:
    assert url_content(server + path, "") == f"{server}{path} {told}"


@pytest.mark.parametrize("change", [{"ETag": '"y"'}, {"Content-Length": "4"}])
def test_other_content_is_told_by_other_validators(
    change: dict[str, str], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = url_content(f"{server}/both", "")
    monkeypatch.setitem(ANSWERS, "/both", (200, ANSWERS["/both"][1] | change))
    assert url_content(f"{server}/both", "") != before


@pytest.mark.parametrize("path", ["/no-mark", "/no-length", "/broken", "/absent"])
def test_an_http_url_without_validators_is_unknown(path: str, server: str) -> None:
    with pytest.raises(UnknownFactError) as caught:
        url_content(server + path, "")
    said = f"{server}{path} has no ETag and length to compare; data.sha256 would pin it"
    assert str(caught.value) == said


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_an_unreachable_server_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with pytest.raises(UnknownFactError, match="has no ETag"):
        url_content(f"http://127.0.0.1:{unused_port()}/x", "")


def test_a_pinned_url_is_not_asked_for() -> None:
    found = {
        url_content(f"http://127.0.0.1:{unused_port()}/x.csv?y.z", pin) for pin in ("Ab", "aB")
    }
    assert found == {"ab .csv"}


def test_an_object_is_told_by_its_tag_and_size(bucket: Any) -> None:
    url, told = "s3://bucket/deep/a.csv", set()
    for body in (b"abc", b"xyz", b"abcd", b"abc"):
        tag = bucket.put_object(Bucket="bucket", Key="deep/a.csv", Body=body)["ETag"]
        told.add(url_content(url, ""))
        assert f"{url} {tag} {len(body)}" in told
    assert len(told) == 3
    with pytest.raises(UnknownFactError, match=r"^s3://bucket/deep/b\.csv has no ETag"):
        url_content("s3://bucket/deep/b.csv", "")


@pytest.mark.parametrize("url", ["file://{}/absent/x", "file://{}", "words://x/y", "a b://c"])
def test_other_urls_that_lead_nowhere_are_unknown(url: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownFactError, match="has no ETag"):
        url_content(url.format(tmp_path), "")


@pytest.mark.parametrize("value", ["{}/é b", "é b", "./x/../é b", "file://{}/%C3%A9%20b"])
def test_local_files(value: str, tmp_path: Path) -> None:
    (tmp_path / "é b").touch()
    (tmp_path / "x").mkdir()
    found = local_file(value.format(tmp_path), tmp_path)
    assert found is not None
    assert found.samefile(tmp_path / "é b")


@pytest.mark.parametrize("value", ["", ".", "x", "a\0b", "a" * 5000, "~", "http://a/b", "file:///"])
def test_what_is_no_local_file(value: str, tmp_path: Path) -> None:
    assert local_file(value, tmp_path) is None


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["a.txt"], ["a.txt"]),
        (["deep"], ["deep/[b].txt", "deep/inner/c.csv"]),
        (["deep/"], ["deep/[b].txt", "deep/inner/c.csv"]),
        (["*.txt", "**/*.csv"], ["a.txt", "deep/inner/c.csv"]),
        (["deep/[b].txt"], ["deep/[b].txt"]),  # a name that looks like a glob
        (["{root}/a.txt"], ["{root}/a.txt"]),
        ([], []),
    ],
)
def test_named_files(patterns: list[str], found: list[str], tmp_path: Path) -> None:
    for name in ("a.txt", "deep/[b].txt", "deep/inner/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    given = [pattern.format(root=tmp_path) for pattern in patterns]
    files = named_files(given, tmp_path, "key")
    assert sorted(str(Path(name)) for name in files) == [n.format(root=tmp_path) for n in found]
    assert all(path.is_file() for path in files.values())


@pytest.mark.parametrize("pattern", ["b.txt", "*.csv", "empty", "", "~nobody/x", "a\0b"])
def test_named_files_that_are_gone(pattern: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        GoneError, match=r"^cache_files\.s: nothing is at .*; bring it back, or cor"
    ):
        named_files([pattern], tmp_path, "cache_files.s")
