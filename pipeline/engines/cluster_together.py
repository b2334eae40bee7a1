"""Workers of a Dask cluster, each with some of a table's partitions, that work on all at once."""

import pickle
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

from distributed import CancelledError, secede

from pipeline.engines import sent, together
from pipeline.engines.cluster import AHEAD, Cluster
from pipeline.engines.together import BrokenError, Chunk, Group, Job, Pieces
from pipeline.errors import InputError

R = TypeVar("R")
ATTEMPTS = 6
LOOK = 2.0  # seconds after which the workers are counted
FETCH = 120.0  # seconds for an answer that is there to come
_trackers: dict[int, Any] = {}  # of a worker, by port


class _LostError(Exception):
    """A worker is gone, and what lay with it."""


def on_workers(cluster: Cluster, job: Job[R], pieces: Pieces) -> R:
    """Work on the partitions with the workers that are there; see together.here.

    When a worker is lost, all begins again with the others: each needs what the lost one held.

    Raises:
        InputError: as Cluster.each, or workers are lost again and again.
    """
    for _ in range(ATTEMPTS):
        attempt = _Attempt(cluster, job)
        try:
            answer: R = attempt.answer(pieces)
            return answer
        except (_LostError, BrokenError):
            continue
        finally:
            attempt.end()
    raise InputError(
        f"{cluster.key}: workers were lost in each of {ATTEMPTS} attempts to fit the model, most "
        "likely for want of memory; give each more, or take more workers"
    )


class _Attempt:
    def __init__(self, cluster: Cluster, job: Job[Any]) -> None:
        cluster.wait()
        self._cluster, self._job = cluster, job
        places = cluster.places()
        self._owners = [places[number % len(places)] for number in range(job.number)]
        self._futures: list[Any] = []
        self._port: int | None = None

    def answer(self, pieces: Pieces) -> Any:
        """Lay the partitions with their workers, let these meet, and return the first's answer."""
        job = self._kept(self._cluster.share(self._job))
        chunks = self._laid(pieces, job)
        with self._losses():
            group = self._cluster.ask(self._owners[0], _begin, self._job.number)
        self._port = int(group["dmlc_tracker_port"])
        tasks = {}
        for place in dict.fromkeys(self._owners):
            own = {n: len(held) for n, held in enumerate(chunks) if self._owners[n] == place}
            held = [chunk for number in own for chunk in chunks[number]]
            tasks[place] = self._submit(place, _work, own, group, given=(job, *held))
        errors = [error for task in tasks.values() if (error := self._error_of(task))]
        if errors:
            raise min(errors, key=lambda error: isinstance(error, BrokenError))
        with self._losses():
            return tasks[self._owners[0]].result(timeout=FETCH)

    def end(self) -> None:
        """Take back what lies with workers, and let those that still wait for others stop."""
        self._cluster.cancel(self._futures)
        if self._port is not None and self._owners[0] in self._cluster.places():
            with suppress(_LostError, InputError), self._losses():  # the tracker is lost as well
                self._cluster.ask(self._owners[0], _end, self._port)

    def _laid(self, pieces: Pieces, job: Any) -> list[list[Any]]:
        """Send the pieces to their workers, of each some ahead; return what is made of them."""
        chunks: list[list[Any]] = [[] for _ in self._owners]
        waiting, most = deque[Any](), AHEAD * len(set(self._owners))
        for partition, piece in pieces():
            place = self._owners[partition]
            with self._losses():
                raw = self._cluster.lay(sent.packed(piece), place)
            waiting.append(self._submit(place, _chunk, given=(raw, job)))
            chunks[partition].append(waiting[-1])
            if len(waiting) >= most:
                self._made(waiting.popleft())
        for future in waiting:
            self._made(future)
        return chunks

    def _made(self, future: Any) -> None:
        if error := self._error_of(future):
            raise error

    def _submit(
        self, place: str, function: Callable[..., Any], *own: Any, given: tuple[Any, ...]
    ) -> Any:
        return self._kept(self._cluster.submit_at(place, function, own, given))

    def _kept(self, future: Any) -> Any:
        self._futures.append(future)
        return future

    def _error_of(self, future: Any) -> BaseException | None:
        """Wait for a task, and return what it raised; _LostError when a worker is gone."""
        with self._losses():
            while True:
                try:
                    error: BaseException | None = future.exception(timeout=LOOK)
                    if error is None and future.status != "finished":
                        raise _LostError
                    return error
                except TimeoutError:
                    if self._lost():
                        raise

    @contextmanager
    def _losses(self) -> Iterator[None]:
        """Raise _LostError where something fails because a worker is gone, or what lay with it."""
        with self._cluster.failures():
            try:
                yield
            except CancelledError as error:
                raise _LostError from error
            except (TimeoutError, OSError) as error:
                if self._lost():
                    raise _LostError from error
                raise

    def _lost(self) -> bool:
        return not set(self._owners) <= set(self._cluster.places())


def _chunk(raw: bytes, job: Job[Any]) -> Chunk:
    return job.chunk(pickle.loads(raw))


def _work(own: dict[int, int], group: Group, job: Job[Any], *held: Chunk) -> Any:
    """Work on a worker's partitions: of each the number and how many chunks it has.

    Returns what the first partition answers, None where that is elsewhere.
    """
    secede()  # or two runs that share a cluster wait for each other's workers for ever
    chunks, at = {}, 0
    for number, size in own.items():
        chunks[number] = held[at : at + size]
        at += size
    return together.in_threads(job, chunks, group).get(0)


def _begin(address: str, number: int) -> Group:
    tracker = together.begun(urlsplit(address).hostname or together.HERE, number)
    group: dict[str, Any] = tracker.worker_args()
    _trackers[int(group["dmlc_tracker_port"])] = tracker
    return group


def _end(_: str, port: int) -> None:
    if tracker := _trackers.pop(port, None):
        together.end(tracker)
