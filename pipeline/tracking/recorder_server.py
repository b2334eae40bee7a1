"""What the recorder of W&B runs answers, for a project and for the run of the asking step."""

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import wandb

from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.tracking import wandb_run
from pipeline.tracking.recorder_client import DONE, END, FAILED, MOVED, WandbRun
from pipeline.tracking.wandb_service import FAILURES, Service, error_line

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
        self._folder: str | None = None  # of the record of that step, if it lasts
        self._failure: Answer | None = None  # of what was said without waiting for the answer
        self._hanging = False  # there are runs that W&B may never take
        self._verbs: Mapping[str, Callable[..., object]] = {
            "find": lambda *arguments: self._online_service().find(*arguments),
            "holds": lambda *arguments: self._online_service().holds(*arguments),
            "fetch": lambda *arguments: self._online_service().fetch(*arguments),
            "alias": lambda *arguments: self._online_service().set_alias(*arguments),
            "log": lambda *arguments: self._online_service().log(self._current_run(), *arguments),
            "finish": self._finish,
        }

    def serve(self, connection: Connection) -> bool:
        """Answer one asker until it goes; False for the sign to end."""
        try:
            while True:
                verb, *arguments = connection.recv()
                if verb == END:
                    return False
                if verb == "run":  # nobody waits for it
                    self._failure = self._attempt(partial(self._begin, *arguments))
                elif verb == "open":
                    connection.send(self._open(*arguments))
                else:
                    connection.send(self._answer(verb, arguments))
        except EOFError:
            if self._run is not None:  # the step died
                wandb_run.tell_lines(self._run, self._folder)
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

    def _answer(self, verb: str, arguments: list[Any]) -> Answer:
        failure = self._failure
        if failure and failure[0] == FAILED:
            return failure
        self._failure = None
        if failure and failure[0] == MOVED and verb != "finish":
            return failure
        answer = self._attempt(lambda: self._verbs[verb](*arguments))
        if answer[0] == MOVED and verb == "finish":
            again = self._attempt(partial(self._finish, *arguments))
            answer = again if again[0] == FAILED else answer
        return failure if failure and failure[0] == MOVED else answer

    def _attempt(self, work: Callable[[], object], opening: bool = False) -> Answer:
        """Do the work; if W&B fails while online, go on offline where that is allowed."""
        online = opening or self._service is not None
        try:
            return DONE, work()
        except InputError as error:
            return FAILED, str(error)
        except FAILURES as error:
            why = f"W&B: {error_line(error)}"
            if not online or self._context.wandb != "auto":
                return FAILED, why
        self._service, self._why = None, why
        if self._settings:
            self._hanging = True
            self._settings["id"] = secrets.token_hex(4)  # the other one may be on the server
            answer = self._attempt(partial(self._begin, self._settings, self._folder))
            if answer[0] == FAILED:
                return answer
        return MOVED, {"why": why, "run": self._settings and self._settings["id"]}

    def _begin(self, settings: WandbRun, folder: str | None) -> None:
        self._settings, self._run, self._folder = settings, None, folder
        mode: Literal["online", "offline"] = "online" if self._service else "offline"
        self._run = wandb_run.begin(settings, mode, self._context)

    def _online_service(self) -> Service:
        assert self._service, "asked only while online"
        return self._service

    def _finish(self, folder: str) -> None:
        location = self._context.artifact_store
        wandb_run.finish(self._current_run(), Path(folder), location, self._service)
        self._run = self._settings = None

    def _current_run(self) -> wandb.Run:
        assert self._run, "asked only within a run"
        return self._run
