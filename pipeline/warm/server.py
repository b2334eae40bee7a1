"""A process that imports the libraries of the steps, and forks for each step that it is asked for.

    python server.py SOCKET LIBRARY[:FUNCTION]...

Begun so it is a new Python; `begin` makes it of a fork of main.py, which knows MLflow already.

Only libraries are imported before a fork, never a module of this repository: a step's code is
always read from its files. They are imported one by one; a step that asks meanwhile is forked with
what is there by then. Of `module:function` the function is called, for what the module keeps of it.
The process ends when its standard input does.

A request is a JSON object (`words`, `environment`, `folder`) after its length, with the descriptors
of the three standard streams. The fork answers with its process number, and its exit status.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypedDict

LENGTH = struct.Struct("!I")


class Request(TypedDict):
    """A Python program to be run: its file and arguments, its environment, where."""

    words: list[str]
    environment: dict[str, str]
    folder: str


def listening(place: str) -> socket.socket:
    """Return a socket at a place in the file system, which takes connections."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    listener.listen()
    return listener


def begin(listener: socket.socket, lifeline: int, libraries: Iterable[str], root: Path) -> NoReturn:
    """Be the server, in a process that was forked off another one: nothing is left of that one.

    Args:
        listener: where it is asked.
        lifeline: the reading end of a pipe: it ends when this does.
        libraries: what it imports besides what is there.
        root: of the repository, whose modules are forgotten.
    """
    try:
        _forget(root, {listener.fileno(), lifeline})
        os.dup2(lifeline, 0)
        become(*serve(listener, libraries))
    finally:
        os._exit(1)  # what called the one that was forked is none of ours


def _forget(root: Path, kept: set[int]) -> None:
    """Forget the modules of the repository; let open files, but for those kept, lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in {int(name) for name in os.listdir("/proc/self/fd")} - {nowhere, *kept}:
        with suppress(OSError):  # the one that has listed them
            os.fstat(descriptor)
            os.dup2(nowhere, descriptor)  # closed, its number would be taken by another one
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        if file.is_relative_to(root) and "site-packages" not in file.parts and name != "__main__":
            del sys.modules[name]


def serve(
    listener: socket.socket, libraries: Iterable[str]
) -> tuple[Request, list[int], socket.socket]:
    """Import, and fork for each request; return in the fork, with what was asked.

    Returns:
        The request, the descriptors of its streams, the connection that takes the answer.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the one that started it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, _reap)  # forks answer for themselves
    waiting = list(libraries)
    with listener:
        while True:
            ready = select.select([listener.fileno(), 0], [], [], 0 if waiting else None)[0]
            if 0 in ready:
                os._exit(0)
            if ready:
                connection, _ = listener.accept()
                with suppress(OSError, ValueError):  # the asker has gone
                    request, streams = _request(connection)
                    if os.fork() == 0:
                        return request, streams, connection
                    for stream in streams:
                        os.close(stream)
                connection.close()
            elif waiting:
                with suppress(ImportError, AttributeError):  # the step says so, if it needs it
                    module, _, function = waiting.pop(0).partition(":")
                    imported = importlib.import_module(module)
                    if function:
                        getattr(imported, function)()
                gc.freeze()  # what is here stays shared with the forks


def _reap(*_: object) -> None:
    """Wait for the forks that have ended: then what they have used counts as its children's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _request(connection: socket.socket) -> tuple[Request, list[int]]:
    head, streams, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
    body, (size,) = b"", LENGTH.unpack(head)
    while len(body) < size:
        piece = connection.recv(size - len(body))
        if not piece:
            raise ConnectionError("it ended within a request")
        body += piece
    return json.loads(body), streams


def become(asked: Request, streams: list[int], connection: socket.socket) -> None:
    """Be the Python program that was asked for; say its exit status at the end."""
    _take_over(asked, streams)
    connection.sendall(f"{os.getpid()}\n".encode())
    status = _run(asked["words"])
    # What Python does at its end, but for taking itself apart; multiprocessing ends forks so, too.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    with suppress(OSError):  # nobody asks any more
        connection.sendall(f"{status}\n".encode())
    os._exit(status)


def _take_over(asked: Request, streams: list[int]) -> None:
    """Let nothing of this process be as it was but for the libraries."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for target, descriptor in enumerate(streams):
        os.dup2(descriptor, target)
        os.close(descriptor)
    for target, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stale = getattr(sys, name)  # it remembers what kind of file it was
        about = (1 if name == "stderr" else -1, stale.encoding, stale.errors, None, False)
        stream = open(target, mode, *about)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["folder"])
    sys.argv, sys.path[0] = asked["words"], asked["folder"]


def _run(words: list[str]) -> int:
    """Run a program as Python does; return its exit status."""
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code & 255 if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    become(*serve(listening(sys.argv[1]), sys.argv[2:]))
