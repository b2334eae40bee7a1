"""Servers on this machine for tests: of the web, which say nothing; PostgreSQL's own."""

import http.server
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class QuietHandler(http.server.BaseHTTPRequestHandler):
    """Answers requests; whoever inherits it says how."""

    def handle(self) -> None:
        """Answer until the client ends, or does not wait."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve, and yield the address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Start PostgreSQL on a socket; yield its address. It refuses to be root's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    first = str(found[-1]) if found else shutil.which("initdb")
    if not first:
        pytest.skip("PostgreSQL's server is not installed")
    user: dict[str, Any] = {"user": "postgres"} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory() as home:  # pytest's own are closed to another user
        if user:
            shutil.chown(home, **user)

        def tool(name: str, *words: str) -> None:
            command: list[Any] = [Path(first).with_name(name), "-D", "data", *words]
            subprocess.run(command, check=True, cwd=home, stdout=subprocess.DEVNULL, **user)

        tool("initdb", "-A", "trust", "-U", "postgres")
        tool("pg_ctl", "-w", "-o", f"-k {home} -c listen_addresses=", "-l", "log", "start")
        try:
            yield f"postgresql://postgres@/postgres?host={home}"
        finally:
            tool("pg_ctl", "-m", "immediate", "stop")
