"""A test double of the W&B server: what the client of wandb 0.31 needs to log and read artifacts.

It shows that the client accepts these answers, not how the real service behaves: the protocol was
learnt by watching the client. What it does not know it answers with an error that names the
operation. It keeps its state in a folder, knows only the keys it was told, and can be made to
fail (`faults`). As a program: `python -m tests.fakes.wandb_server FOLDER --port 8917`.
"""

import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fakes.wandb_server.control import Control
from tests.fakes.wandb_server.faults import Fault
from tests.fakes.wandb_server.handler import Handler
from tests.fakes.wandb_server.state import State

__all__ = ["KEY", "Fault", "WandbServer"]

KEY = "d0ub1e" * 7  # of the user "tester", when a test does not care about users


class WandbServer:
    """A running double: `with WandbServer(folder) as server: ... server.url`.

    Args:
        folder: where its state is kept; a new server on the same folder goes on with it.
        keys: API key → user; a user is also an entity. Other keys get 401.
        port: 0 for any free one.
    """

    def __init__(
        self, folder: Path | str, keys: dict[str, str] | None = None, port: int = 0
    ) -> None:
        root = Path(folder).resolve()
        root.mkdir(parents=True, exist_ok=True)
        self._state = State(root)
        self.control = Control(self._state, keys or {KEY: "tester"})
        bound = {"state": self._state, "control": self.control}
        self._http = _Server(("127.0.0.1", port), type("BoundHandler", (Handler,), bound))
        self.url = self._state.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.expire, self.accept = self.control.expire, self.control.accept
        self.remove = self.control.remove
        self.artifacts, self.runs = self.control.artifacts, self.control.runs
        self.traffic, self.requests = self.control.traffic, self.control.requests

    def fail(self, *faults: Fault) -> None:
        """Switch these faults on in place of all others; without any, the server is well."""
        self.control.faults.switch(*faults)

    def start(self) -> None:
        """Serve from a thread."""
        serve: Any = self._http.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; the folder keeps the state."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> "WandbServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a client sends the files of an artifact all at once
