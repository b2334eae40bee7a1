"""A process that holds the W&B runs of the steps: with the sync the only one to import wandb.

Importing wandb and opening a first run costs more than most steps' own work. One recorder serves
all steps of a pipeline run and starts beside the first; a step that is run alone starts its own.
It is asked over a local connection (pipeline/tracking/recorder_client.py), by one asker at a time:

    open     which project, and what if it fails; the answer says whether it is online
    run      what the run of a step is; ("finish", folder) ends it with the step's record there
    find, holds, fetch, alias, log     what pipeline/tracking/wandb_service.py does

A connection that ends within a run means that the step died: its run is marked as failed. If W&B
fails and may (`tracking.wandb=auto`), the recorder goes on offline, and says so in its answers.
"""

import os
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the repository, for `pipeline`

from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.tracking.recorder_client import DONE, END, FAILED, KEY, MOVED
from pipeline.tracking.wandb_run import begin, write
from pipeline.tracking.wandb_service import Service, failures, said

Answer = tuple[str, Any]


def main() -> None:
    """Serve one asker after the other until standard input ends."""
    with Listener(None, authkey=KEY) as listener:
        address = str(listener.address)
        print(address, flush=True)
        threading.Thread(target=_end_with_standard_input, args=(address,), daemon=True).start()
        import wandb  # here: while the first step is still starting

        recorder = RecorderServer(wandb, RunContext.from_environ())
        serving = True
        while serving:
            try:
                with listener.accept() as connection:
                    serving = recorder.serve(connection)
            except (EOFError, OSError, AuthenticationError):
                continue  # a step was killed while it spoke: the others are served all the same
    recorder.close()


def _end_with_standard_input(address: str) -> None:
    sys.stdin.read()
    try:
        with Client(address, authkey=KEY) as connection:
            connection.send((END,))
    except (EOFError, OSError):  # nobody listens any more
        os._exit(1)


class RecorderServer:
    """What the recorder knows: the project, and the run of the step that speaks."""

    def __init__(self, wandb: Any, context: RunContext) -> None:
        self._wandb = wandb
        self._context = context
        self._service: Service | None = None  # None while offline
        self._project = ""
        self._why = ""  # it went on offline
        self._settings: dict[str, Any] = {}
        self._run: Any = None
        self._failure: Answer | None = None  # of what was said without waiting for the answer
        self._hanging = False  # there are runs that W&B may never take
        self._verbs: Mapping[str, Callable[..., Any]] = {
            "find": lambda *given: self._online().find(*given),
            "holds": lambda *given: self._online().holds(*given),
            "fetch": lambda *given: self._online().fetch(*given),
            "alias": lambda *given: self._online().set_alias(*given),
            "log": lambda *given: self._online().log(self._run, *given),
            "finish": self._finish,
        }

    def serve(self, connection: Connection) -> bool:
        """Answer one asker until it goes; False for the sign to end."""
        try:
            while True:
                verb, *given = connection.recv()
                if verb == END:
                    return False
                if verb == "run":  # nobody waits for it
                    self._failure = self._attempt(partial(self._begin, *given))
                elif verb == "open":
                    connection.send(self._open(*given))
                else:
                    connection.send(self._answer(verb, given))
        except EOFError:
            if self._run is not None:  # the step died
                self._run.finish(exit_code=1)
                self._run = None
        return True

    def close(self) -> None:
        """Leave without waiting for what the service did not take: its run is on disk."""
        if self._hanging:
            sys.stdout.flush()
            os._exit(0)

    def _open(self, project: str) -> Answer:
        """Say how runs are recorded from here on: the catalog of the project, or why offline."""
        if self._why:
            return DONE, {"catalog": "", "why": self._why}
        if self._service is None or project != self._project:
            opening = partial(Service, self._wandb, project, self._context)
            answer = self._attempt(opening, opening=True)
            if answer[0] == MOVED:
                return DONE, {"catalog": "", "why": self._why}
            if answer[0] == FAILED:
                return answer
            self._service, self._project = answer[1], project
        return DONE, {"catalog": self._service.catalog, "why": ""}

    def _answer(self, verb: str, given: list[Any]) -> Answer:
        failure = self._failure
        if failure and failure[0] == FAILED:
            return failure
        self._failure = None
        if failure and failure[0] == MOVED and verb != "finish":
            return failure
        answer = self._attempt(lambda: self._verbs[verb](*given))
        if answer[0] == MOVED and verb == "finish":
            again = self._attempt(partial(self._finish, *given))
            answer = again if again[0] == FAILED else answer
        return failure if failure and failure[0] == MOVED else answer

    def _attempt(self, work: Callable[[], Any], opening: bool = False) -> Answer:
        """Do it; if W&B fails while online, go on offline where that is allowed."""
        online = opening or self._service is not None
        try:
            return DONE, work()
        except InputError as error:
            return FAILED, str(error)
        except failures(self._wandb) as error:
            why = f"W&B: {said(error)}"
            if not online or self._context.wandb != "auto":
                return FAILED, why
        self._service, self._why = None, why
        if self._settings:
            self._hanging = True
            self._settings["id"] = secrets.token_hex(4)  # the other one may be on the server
            begun = self._attempt(partial(self._begin, self._settings))
            if begun[0] == FAILED:
                return begun
        return MOVED, {"why": why, "run": self._settings.get("id")}

    def _begin(self, settings: dict[str, Any]) -> None:
        self._settings, self._run = settings, None
        mode = "online" if self._service else "offline"
        self._run = begin(self._wandb, settings, mode, self._context)

    def _online(self) -> Service:
        assert self._service, "asked only while online"
        return self._service

    def _finish(self, folder: str) -> None:
        store = self._context.artifact_store
        write(self._wandb, self._run, Path(folder), store, self._service)
        self._run, self._settings = None, {}


if __name__ == "__main__":
    main()
