"""What the recorder of W&B runs answers, for a project and for the run of the asking step."""

import os
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import wandb

from pipeline.context import RunContext
from pipeline.errors import InputError
from pipeline.tracking import wandb_run
from pipeline.tracking.recorder_client import DONE, FAILED, MOVED, WandbRun
from pipeline.tracking.wandb_service import FAILURES, Service, error_line

Answer = tuple[str, Any]


class RecorderServer:
    """What the recorder knows of the project, whoever asks."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.service: Service | None = None  # None while offline
        self.why = ""  # it went on offline
        self.hanging = False  # there are runs that W&B may never take
        self.lock = threading.Lock()  # of the above, and of W&B's own state as runs begin
        self._project = ""

    def serve(self, connection: Connection) -> None:
        """Answer one asker until it goes."""
        asker = _Asker(self)
        with connection:
            try:
                while True:
                    verb, *arguments = connection.recv()
                    if verb == "run":  # nobody waits for it
                        asker.begin(*arguments)
                    elif verb == "open":
                        answer = self._open(*arguments)
                        asker.online = self.service is not None
                        connection.send(answer)
                    else:
                        connection.send(asker.answer(verb, arguments))
            except (EOFError, OSError):
                asker.die()

    def close(self) -> None:
        """Leave without waiting for what the service did not take: its run is on disk."""
        if self.hanging:
            sys.stdout.flush()
            os._exit(0)

    def _open(self, project: str) -> Answer:
        """Say how runs are recorded from here on: the catalog of the project, or why offline."""
        with self.lock:
            if self.why:
                return DONE, {"catalog": "", "why": self.why}
            if self.service is None or project != self._project:
                answer = self.attempt(partial(Service, project, self.context), online=True)
                if answer[0] == MOVED:
                    return DONE, {"catalog": "", "why": self.why}
                if answer[0] == FAILED:
                    return answer
                self.service, self._project = answer[1], project
            return DONE, {"catalog": self.service.catalog, "why": ""}

    def attempt(self, work: Callable[[], object], online: bool) -> Answer:
        """Do the work; if W&B fails while online, go on offline where that is allowed."""
        try:
            return DONE, work()
        except InputError as error:
            return FAILED, str(error)
        except FAILURES as error:
            why = f"W&B: {error_line(error)}"
            if not online or self.context.wandb != "auto":
                return FAILED, why
        self.service, self.why = None, why
        return MOVED, {"why": why, "run": None}


class _Asker:
    """A step that speaks, or main.py: its W&B run, if it has one."""

    def __init__(self, recorder: RecorderServer) -> None:
        self._recorder = recorder
        self._settings: WandbRun | None = None
        self._run: wandb.Run | None = None
        self.online = False  # what it believes
        self._folder: str | None = None  # of its record, if it lasts
        self._failure: Answer | None = None  # of what was said without waiting for the answer
        self._verbs: Mapping[str, Callable[..., object]] = {
            "find": lambda *arguments: self._online_service().find(*arguments),
            "holds": lambda *arguments: self._online_service().holds(*arguments),
            "fetch": lambda *arguments: self._online_service().fetch(*arguments),
            "alias": lambda *arguments: self._online_service().set_alias(*arguments),
            "log": lambda *arguments: self._online_service().log(self._current_run(), *arguments),
            "finish": self._finish,
        }

    def begin(self, settings: WandbRun, folder: str | None) -> None:
        """Begin its run; what fails is said in the next answer."""
        self._failure = self._attempt(partial(self._begin, settings, folder))

    def answer(self, verb: str, arguments: list[Any]) -> Answer:
        """Do what a verb says; say what came of it."""
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

    def die(self) -> None:
        """Let its run, if it has one, count as failed: it has gone without a word."""
        if self._run is not None:
            wandb_run.tell_lines(self._run, self._folder)
            self._run.finish(exit_code=1)
            self._run = None

    def _attempt(self, work: Callable[[], object]) -> Answer:
        """Do the work; if W&B fails and the recorder goes on offline, begin the run again there."""
        recorder = self._recorder
        if self.online and recorder.service is None:  # another asker has met that W&B fails
            answer: Answer = (MOVED, {"why": recorder.why, "run": None})
        else:
            answer = recorder.attempt(work, recorder.service is not None)
        self.online = recorder.service is not None
        if answer[0] == MOVED and self._settings:
            recorder.hanging = True
            self._settings["id"] = secrets.token_hex(4)  # the other one may be on the server
            again = self._attempt(partial(self._begin, self._settings, self._folder))
            if again[0] == FAILED:
                return again
            answer[1]["run"] = self._settings["id"]
        return answer

    def _begin(self, settings: WandbRun, folder: str | None) -> None:
        recorder = self._recorder
        self._settings, self._run, self._folder = settings, None, folder
        with recorder.lock:
            mode: Literal["online", "offline"] = "online" if recorder.service else "offline"
            self._run = wandb_run.begin(settings, mode, recorder.context)

    def _online_service(self) -> Service:
        service = self._recorder.service
        assert service, "asked only while online"
        return service

    def _finish(self, folder: str) -> None:
        location = self._recorder.context.artifact_store
        wandb_run.finish(self._current_run(), Path(folder), location, self._recorder.service)
        self._run = self._settings = None

    def _current_run(self) -> wandb.Run:
        assert self._run, "asked only within a run"
        return self._run
