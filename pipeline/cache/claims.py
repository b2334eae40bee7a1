"""One run at a time does the work of a key; others that need it wait, and then take its result.

claims              in a folder: each key locks a byte of its own; the kernel frees a dead run's
claims/<key>/<n>    in an object store: the n-th lease, which its holder renews as it lives
"""

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from pipeline.cache.decision import Decision
from pipeline.errors import InputError
from pipeline.files import unusable
from pipeline.store.objects import Objects

FOLDER = "claims"
LOOK = 0.2  # seconds between two looks at a lock
RENEWAL = 20.0  # seconds between two signs of life of a lease's holder
EXPIRY = 5 * RENEWAL  # seconds without one after which a lease is free


@contextmanager
def decided(
    decide: Callable[[], Decision], location: str, forced: bool, on_wait: Callable[[str], None],
    champion: str | None = None,
) -> Iterator[Decision]:  # fmt: skip
    """Decide about a step; while it lasts no other run does the same work.

    Args:
        decide: makes the decision.
        location: of the artifact store.
        forced: whether it runs whatever was done before: then nobody waits for the same work.
        on_wait: told once, in words, what another run does now.
        champion: the alias that the step is to judge by and may move, if it does. While it does no
            other run may: each model is compared with the one that is the champion at its end.
    """
    decision, objects = decide(), Objects(location)
    with ExitStack() as stack:
        if champion and not decision.hit:
            key = hashlib.sha256(champion.encode()).hexdigest()
            told = partial(on_wait, f"another run decides about {champion}")
            stack.enter_context(held(objects, key, told))
            decision = decide()
        if decision.key and not decision.hit and not forced:
            told = partial(on_wait, "another run is at the same work")
            stack.enter_context(held(objects, decision.key.digest, told))
            decision = decide()  # again: another run may have ended the same work since
        yield decision


@contextmanager
def held(objects: Objects, key: str, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the claim on a key.

    Args:
        objects: of the artifact store.
        key: SHA-256 as hex.
        on_wait: called once if another run holds it now.

    Raises:
        InputError: the store cannot be written to.
    """
    if objects.folder is None:
        with _leased(objects, f"{FOLDER}/{key}", on_wait):
            yield
    else:
        with _locked(objects.folder / FOLDER, int(key[:15], 16), on_wait):
            yield


@contextmanager
def _locked(path: Path, place: int, on_wait: Callable[[], None]) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise unusable(error, path, "write") from error
    waited = False
    try:
        while True:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                break
            except (BlockingIOError, PermissionError):  # EAGAIN or EACCES: somebody has it
                if not waited:
                    on_wait()
                waited = True
                time.sleep(LOOK)
            except OSError as error:  # a folder that knows no locks
                raise unusable(error, path, "lock") from error
        yield
    finally:
        os.close(file)  # frees what this process holds in the file: of two claims both end here


@contextmanager
def _leased(objects: Objects, folder: str, on_wait: Callable[[], None]) -> Iterator[None]:
    number = _lease(objects, folder, on_wait)
    key, over = f"{folder}/{number}", threading.Event()

    def renew() -> None:
        count = 0
        while not over.wait(RENEWAL):
            count += 1
            try:
                objects.write(key, str(count).encode())
            except InputError:
                continue  # the step itself will meet the store again, and say so

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for old in objects.keys(folder):  # with those of holders that died
            if int(old.rpartition("/")[2]) <= number:
                objects.delete(old)


def _lease(objects: Objects, folder: str, on_wait: Callable[[], None]) -> int:
    """Take the first lease that is free; return its number."""
    waited, seen, since = False, (-1, b""), time.monotonic()
    while True:
        number = max((int(key.rpartition("/")[2]) for key in objects.keys(folder)), default=-1)
        sign = (number, objects.read(f"{folder}/{number}") or b"")
        if sign != seen:
            seen, since = sign, time.monotonic()
        # By this clock alone: that of the holder may be another.
        if (number < 0 or time.monotonic() - since > EXPIRY) and objects.create(
            f"{folder}/{number + 1}", b"0"
        ):
            return number + 1
        if number >= 0:
            if not waited:
                on_wait()
            waited = True
            time.sleep(min(RENEWAL / 10, 2))
