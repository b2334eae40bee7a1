"""The HTTP side: keys, faults, GraphQL, streams of lines, bytes up and down."""

import base64
import binascii
import gzip
import json
import re
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.fakes.wandb_server import run_changes, schema
from tests.fakes.wandb_server.blobs import PIECE
from tests.fakes.wandb_server.control import Control
from tests.fakes.wandb_server.graphql import Parser
from tests.fakes.wandb_server.state import State

STREAM = re.compile(r"/files/([^/]+/[^/]+/[^/]+)/file_stream")
OBJECT = re.compile(r"/artifacts(?:V2)?/.*/([0-9a-f]{32})(?:/.*)?")


class ConnectionCutError(Exception):
    """The connection has been cut, on purpose."""


class Handler(BaseHTTPRequestHandler):
    """Answers one client's requests, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece
    state: State
    control: Control
    lost = False

    def log_message(self, *_: Any) -> None:  # what happened is in control.requests
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionCutError, ConnectionError):
            self.close_connection = True

    def do_POST(self) -> None:
        """A GraphQL operation, a stream of lines, or a test that controls the double."""
        path, body = unquote(urlsplit(self.path).path), self._body()
        if path.startswith("/_double/"):
            self._answer(*self.control.command(path, json.loads(body or b"{}")))
        elif path == "/graphql":
            self._graphql(json.loads(body))
        elif found := STREAM.fullmatch(path):
            self._stream(found[1], json.loads(body))
        else:
            if not path.startswith("/sdk/otel/"):  # the client's own telemetry, at any time
                self.control.note(f"POST {path}", 404)
            self._answer(404, {"error": f"the double of the W&B server does not know {path}"})

    def _graphql(self, request: dict[str, Any]) -> None:
        operation = Parser(request["query"]).operation()
        if self._trouble(operation.name, "graphql"):
            return
        if not (user := self._user()):
            self._refuse(401, operation.name)
            return
        try:
            answer = schema.execute(self.state, user, operation, request.get("variables") or {})
        except Exception:  # a bug of the double: the traceback is for people
            self._refuse(400, operation.name)  # the client repeats what got no answer at all
            raise
        errors = [one["message"] for one in answer.get("errors", [])]
        self.control.note(operation.name, 200, errors)
        self._answer(200, answer)

    def _stream(self, key: str, body: dict[str, Any]) -> None:
        if self._trouble("file_stream"):
            return
        if not self._user():
            self._refuse(401, "file_stream")
            return
        with self.state.lock:
            known = run_changes.stream(self.state, key, body)
            self.state.save()
        self.control.note("file_stream", 200 if known else 404)
        self._answer(200 if known else 404, {"exitcode": None, "limits": {}})

    def do_PUT(self) -> None:
        """Take bytes; the address alone gives the right to, as with a presigned one."""
        name = unquote(urlsplit(self.path).path).removeprefix("/storage/")
        size = int(self.headers.get("Content-Length") or 0)
        if self._trouble("PUT", body=size):
            return
        try:
            whole = self.state.blobs.receive(name, self.rfile, size)  # type: ignore[arg-type]
        except ValueError as error:
            self._refuse(400, f"PUT {error}")
            return
        if not whole:
            raise ConnectionCutError
        self.state.count(uploads=1, uploaded_bytes=size)
        self.control.note("PUT", 200)
        self._answer(200, b"")

    def do_GET(self) -> None:
        """Give bytes: by a presigned address, or an artifact's file by key and MD5."""
        path = unquote(urlsplit(self.path).path)
        found = OBJECT.fullmatch(path)
        name = f"objects/{found[1]}" if found else path.removeprefix("/storage/")
        if path.startswith("/_double/"):
            self._answer(*self.control.question(path))
        elif self._trouble("GET"):
            pass
        elif found and not self._user():
            self._refuse(401, "GET")
        elif not self.state.blobs.has(name):
            self._refuse(404, f"GET {path}")
        else:
            content = self.state.blobs.read(name)
            self.state.count(downloads=1, downloaded_bytes=len(content))
            self.control.note("GET", 200)
            self._answer(200, content)

    def _user(self) -> str | None:
        """The user whose key came with the request."""
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        try:
            key = base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self.control.user(key) if kind == "Basic" else None

    def _trouble(self, *names: str, body: int = 0) -> bool:
        """Let a fault strike the request; True when it is answered with that."""
        fault = self.control.faults.strike(set(names))
        self.lost = bool(fault and fault.lost)
        if fault is None:
            return False
        time.sleep(fault.delay)
        if fault.drop:
            self._discard(body // 2)
            self._cut(names[0])
        if fault.status:
            self._discard(body)
            self._refuse(fault.status, names[0])
        return bool(fault.status)

    def _cut(self, name: str) -> None:
        self.control.note(name, 0)
        # A reset, as when a cable is pulled, and not the orderly end of a connection.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise ConnectionCutError

    def _discard(self, size: int) -> None:
        while size and (piece := self.rfile.read(min(PIECE, size))):
            size -= len(piece)

    def _refuse(self, status: int, name: str) -> None:
        self.control.note(name, status)
        self._answer(status, {"errors": [{"message": f"the double answers {status}"}]})

    def _body(self) -> bytes:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        return gzip.decompress(content) if zipped else content

    def _answer(self, status: int, content: Any) -> None:
        if self.lost:
            self._cut("answer")
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()
