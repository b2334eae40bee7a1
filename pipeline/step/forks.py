"""The same work for one number after the other, in forks of this process."""

import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Generator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

from pipeline import processes, progress
from pipeline.errors import InputError

T = TypeVar("T")
Begun = tuple[BaseProcess, Connection]


def in_order(work: Callable[[int], T], count: int, workers: int) -> Generator[T]:
    """Yield what work gives for 0, 1, ..., at most so many side by side.

    One worker is this process. Others are forks: they see what it holds, and what it imported. They
    end with it, and when the iterator is closed. Only on Linux are forks to be trusted beside
    numerical libraries; elsewhere there is one worker. A process that has used OpenMP's threads
    must not fork: its forks would wait for them for ever.

    Raises:
        InputError: a fork was killed. What the work raises is raised here.
    """
    if min(workers, count) == 1 or sys.platform != "linux":
        yield from map(work, range(count))
        return
    begun: deque[Begun] = deque()
    try:
        for number in range(count):
            begun.append(_begin(work, number))
            if len(begun) == workers:
                yield _answer(begun)
        while begun:
            yield _answer(begun)
    finally:
        for process, _ in begun:
            process.terminate()
            process.join()


def _begin(work: Callable[[int], T], number: int) -> Begun:
    forks = get_context("fork")
    receiver, sender = forks.Pipe(duplex=False)
    own = processes.identity()
    process = forks.Process(target=_do, args=(work, number, sender, own), daemon=True)
    process.start()
    sender.close()  # the fork has it: when that ends, so does what can be received
    return process, receiver


def _do(work: Callable[[int], T], number: int, sender: Connection, starter: str) -> None:
    """Do the work in a fork, and send its result or its error."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all; the starter ends its forks
    processes.end_with(starter)
    progress.watch(None)  # two bars would be drawn in one place
    try:
        sender.send((work(number), None))
    except Exception as error:
        if not isinstance(error, InputError):  # a bug: the traceback stays here otherwise
            error.add_note(traceback.format_exc())
        sender.send((None, error))


def _answer(begun: deque[Begun]) -> T:  # type: ignore[type-var]
    """Return the first one's result when it is there."""
    process, receiver = begun[0]
    try:
        result, error = receiver.recv()
    except EOFError:
        process.join()
        raise InputError(
            f"one of the processes side by side was killed ({process.exitcode}), perhaps because "
            "memory ran out; take main.workers=1"
        ) from None
    process.join()
    begun.popleft()
    if error:
        raise error
    return result  # type: ignore[no-any-return]
