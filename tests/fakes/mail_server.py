"""A stand-in for a mail server: as much of SMTP as smtplib speaks, and what it was sent."""

import socketserver
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class MailServer:
    """What a stand-in knows and has taken."""

    password: str = ""  # empty: nobody has to log in
    tls: ssl.SSLContext | None = None  # None: it speaks in the clear alone
    port: int = 0
    mails: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)  # the verbs, in their order


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.known: MailServer = self.server.known
        self.answer("220 a stand-in")
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            self.known.said.append(verb.upper())
            getattr(self, f"do_{verb.lower()}", self.ok)(rest)
            if verb.upper() == "QUIT":
                return

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # over TLS it is not the one that socketserver closes

    def answer(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def ok(self, _: str) -> None:
        self.answer("250 fine")

    def do_ehlo(self, _: str) -> None:
        extensions = ["STARTTLS"] if self.known.tls else []
        self.answer("\r\n".join([f"250-{x}" for x in ["a stand-in", *extensions]]))
        self.answer("250 AUTH PLAIN")

    def do_starttls(self, _: str) -> None:
        self.answer("220 go on")
        self.connection: Any = self.known.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def do_auth(self, rest: str) -> None:
        given = b64decode(rest.partition(" ")[2]).decode().split("\0")[-1]
        self.answer("235 known" if given == self.known.password else "535 wrong password")

    def do_quit(self, _: str) -> None:
        self.answer("221 good bye")

    def do_data(self, _: str) -> None:
        self.answer("354 go on")
        lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
        self.known.mails.append("".join(lines))
        self.answer("250 taken")


class _Server(socketserver.ThreadingTCPServer):
    known: MailServer

    def handle_error(self, *_: Any) -> None:
        """Bear a client that goes."""


@contextmanager
def mail_server(known: MailServer) -> Iterator[MailServer]:
    """Serve on this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.known, known.port = known, server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield known
        server.shutdown()
