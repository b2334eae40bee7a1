"""What the recorder of W&B runs answers: of a project, and of the run of the step that speaks."""

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import wandb

from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.tracking.recorder_client import DONE, END, FAILED, MOVED, WandbRun
from pipeline.tracking.wandb_run import begin, write
from pipeline.tracking.wandb_service import FAILURES, Service, said

Answer = tuple[str, Any]


class RecorderServer:
    """What the recorder knows: the project, and the run of the step that speaks."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._service: Service | None = None  # None while offline
        self._project = ""
        self._why = ""  # it went on offline
        self._settings: WandbRun | None = None  # of the step that speaks
        self._run: wandb.Run | None = None
        self._failure: Answer | None = None  # of what was said without waiting for the answer
        self._hanging = False  # there are runs that W&B may never take
        self._verbs: Mapping[str, Callable[..., Any]] = {
            "find": lambda *given: self._online().find(*given),
            "holds": lambda *given: self._online().holds(*given),
            "fetch": lambda *given: self._online().fetch(*given),
            "alias": lambda *given: self._online().set_alias(*given),
            "log": lambda *given: self._online().log(self._opened(), *given),
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
            opening = partial(Service, project, self._context)
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

    def _attempt(self, work: Callable[[], object], opening: bool = False) -> Answer:
        """Do it; if W&B fails while online, go on offline where that is allowed."""
        online = opening or self._service is not None
        try:
            return DONE, work()
        except InputError as error:
            return FAILED, str(error)
        except FAILURES as error:
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
        return MOVED, {"why": why, "run": self._settings and self._settings["id"]}

    def _begin(self, settings: WandbRun) -> None:
        self._settings, self._run = settings, None
        self._run = begin(settings, "online" if self._service else "offline", self._context)

    def _online(self) -> Service:
        assert self._service, "asked only while online"
        return self._service

    def _finish(self, folder: str) -> None:
        write(self._opened(), Path(folder), self._context.artifact_store, self._service)
        self._run = self._settings = None

    def _opened(self) -> wandb.Run:
        assert self._run, "asked only within a run"
        return self._run
