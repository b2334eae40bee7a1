"""The workers of a Dask cluster, which work on pieces."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import joblib
from distributed import CancelledError, Client, KilledWorker
from distributed.comm import CommClosedError

from pipeline.engines import sent, worker
from pipeline.engines.joblib_backend import Backend
from pipeline.errors import InputError

R = TypeVar("R")
LOOK = 30.0  # seconds without an answer after which the workers are counted
EMPTY = 120.0  # seconds for a worker to come when there is none
AHEAD = 2  # pieces that each thread of a worker has before it, so that none waits for the next
SETTINGS = {  # of Dask
    "distributed.admin.large-graph-warning-threshold": "10GiB",  # pieces travel with their tasks
    "distributed.scheduler.allowed-failures": 5,  # workers that a piece may end
}


class Cluster:
    """Workers, by their client.

    Args:
        client: of the cluster.
        facts: of this process, which workers must share; None: it has made them.
        key: of the config, with its value, in messages.

    Attributes:
        key: the same.
    """

    def __init__(self, client: Client, facts: dict[str, str] | None, key: str) -> None:
        self._client, self._facts, self.key = client, facts, key
        self._blas = worker.blas_threads()

    def each(
        self, function: Callable[..., R], items: Iterable[Any], /, *same: object
    ) -> Iterator[R]:
        """Let workers answer for each item; yield the answers in their order.

        The scheduler keeps an item until its answer is here: one whose worker is lost is given to
        another.

        Raises:
            InputError: of the function; or an item has ended several workers, no worker comes, the
                scheduler is away, a worker has other code or packages.
        """
        waiting, shared = deque[Any](), [self.share(value) for value in same]
        most = AHEAD * max(self.threads(), 1)
        try:
            for item in items:
                content = sent.packed((worker.answer, (self._facts, self._blas, function, item)))
                waiting.append(self._submit(sent.calling(), content, *shared))
                if len(waiting) >= most:
                    yield self.result(waiting.popleft())
            while waiting:
                yield self.result(waiting.popleft())
        finally:
            self.cancel(waiting)

    def joblib(self) -> AbstractContextManager[Any]:
        """Let workers do what joblib is asked to do with several jobs; the rest is done here."""
        config: AbstractContextManager[Any]
        config = joblib.parallel_config(Backend(self), n_jobs=1)
        return config

    def task(self, content: bytes, parts: Sequence[Any]) -> Any:
        """Give a task of joblib to a worker, with the parts of it that are shared; its future."""
        given = worker.task, (self._facts, self._blas, content)
        return self._submit(sent.calling(), sent.packed(given), *parts)

    def share(self, value: object) -> Any:
        """Lay a value with the workers; if it is lost with one, it is laid there again."""
        return self._submit(sent.unpacking(), sent.packed(value))

    def threads(self) -> int:
        """Return how many pieces the workers work on at once; 0 when none is there."""
        with self.failures():
            return sum(self._client.nthreads().values())

    def places(self) -> list[str]:
        """Return the addresses of the workers."""
        with self.failures():
            return sorted(self._client.nthreads())

    def lay(self, content: bytes, place: str) -> Any:
        """Lay bytes with one worker, and nowhere else; a future of them. Errors are Dask's."""
        return self._client.scatter(content, workers=[place], hash=False)

    def submit_at(
        self, place: str, function: Callable[..., Any], own: Sequence[Any], given: Sequence[Any]
    ) -> Any:
        """Let one worker, and no other, call a function; its future.

        Args:
            place: its address.
            function: of a module.
            own: its first arguments.
            given: futures of the others.
        """
        content = sent.packed((worker.answer, (self._facts, self._blas, function, *own)))
        return self._submit(sent.calling(), content, *given, workers=[place])

    def ask(self, place: str, function: Callable[..., R], *given: Any) -> R:
        """Call a short function of a module with a worker's address, there and at once; as lay."""
        answer: R = self._client.run(function, place, *given, workers=[place])[place]
        return answer

    def cancel(self, futures: Iterable[Any]) -> None:
        """Take back what is not needed any more."""
        self._client.cancel(list(futures))

    def wait(self) -> None:
        """Wait for a worker; InputError when none comes."""
        with self.failures():
            self._client.wait_for_workers(1, timeout=EMPTY)

    def result(self, future: Any) -> Any:
        """Return an answer when it is there; errors as `each`."""
        with self.failures():
            while True:
                try:
                    return future.result(timeout=LOOK)
                except TimeoutError:
                    self.wait()

    def _submit(
        self, function: Callable[..., Any], *given: Any, workers: list[str] | None = None
    ) -> Any:
        """Submit a task, to these workers and no others if they are named."""
        with self.failures():
            return self._client.submit(function, *given, pure=False, workers=workers)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what Dask raises into a line that says what to do."""
        try:
            yield
        except KilledWorker as error:
            raise InputError(
                f"{self.key}: work on one piece of a table has ended more than "
                f"{SETTINGS['distributed.scheduler.allowed-failures']} workers, most likely for "
                "want of memory; give each more, or fewer threads"
            ) from error
        except ModuleNotFoundError as error:
            raise InputError(
                f"{self.key}: a worker finds no module {error.name!r}; start workers in a "
                "checkout of the same commit, with the environment of uv.lock and the same extras: "
                "PYTHONPATH=... dask worker ..."
            ) from error
        except TimeoutError as error:
            raise InputError(
                f"{self.key}: no worker came in {EMPTY:.0f} s; start some, or take engine=local"
            ) from error
        except (CancelledError, CommClosedError) as error:
            raise InputError(
                f"{self.key}: the scheduler is away ({error}); start it again, or take engine=local"
            ) from error
