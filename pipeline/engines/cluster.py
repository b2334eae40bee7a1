"""A Dask cluster that works on pieces: one of the user's, or workers that are made for a step."""

import logging
import pickle
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import joblib

from pipeline import processes
from pipeline.engines import worker
from pipeline.errors import InputError

try:
    import dask
    from distributed import CancelledError, Client, KilledWorker, LocalCluster
except ImportError as error:
    raise InputError(
        "engine=dask needs Dask: `uv sync --extra dask`, or pip install 'dask[distributed]'"
    ) from error

R = TypeVar("R")
CONNECT = 20.0  # seconds for a scheduler to answer
LOOK = 30.0  # seconds without an answer after which the workers are counted
EMPTY = 120.0  # seconds for a worker to come when there is none
AHEAD = 2  # pieces that each thread of a worker has before it, so that none waits for the next
SETTINGS = {  # of Dask
    "distributed.admin.large-graph-warning-threshold": "10GiB",  # pieces travel with their tasks
    "distributed.scheduler.allowed-failures": 5,  # workers that a piece may end
}
Events = Iterable[tuple[float, dict[str, Any]]]


class Cluster:
    """Workers, by their client.

    Args:
        client: of the cluster.
        facts: of this process, which workers must share; None: it has made them.
        address: of the scheduler, in messages.
    """

    def __init__(self, client: Client, facts: dict[str, str] | None, address: str) -> None:
        self._client, self._facts, self._address = client, facts, address

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
        client, waiting = self._client, deque[Any]()
        with self._failures():
            shared = [client.submit(_loaded(), _packed(value), pure=False) for value in same]
            most = AHEAD * max(sum(client.nthreads().values()), 1)
        try:
            for item in items:
                with self._failures():
                    content = _packed((worker.answer, (self._facts, function, item)))
                    waiting.append(client.submit(_called(), content, *shared, pure=False))
                if len(waiting) >= most:
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            client.cancel(list(waiting))

    def joblib(self) -> AbstractContextManager[Any]:
        """Let workers do what joblib is asked to do with several jobs; the rest is done here."""
        config: AbstractContextManager[Any]
        config = joblib.parallel_config("dask", n_jobs=1, client=self._client)
        return config

    def _result(self, future: Any) -> Any:
        with self._failures():
            while True:
                try:
                    return future.result(timeout=LOOK)
                except TimeoutError:
                    self._client.wait_for_workers(1, timeout=EMPTY)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what Dask raises into a line that says what to do."""
        where = f"engine.address={self._address}"
        try:
            yield
        except KilledWorker as error:
            raise InputError(
                f"{where}: work on one piece of a table has ended more than "
                f"{SETTINGS['distributed.scheduler.allowed-failures']} workers, most likely for "
                "want of memory; give each more, or fewer threads"
            ) from error
        except ModuleNotFoundError as error:
            raise InputError(
                f"{where}: a worker finds no module {error.name!r}; start workers in a checkout of "
                "the same commit: PYTHONPATH=... dask worker ..."
            ) from error
        except TimeoutError as error:
            raise InputError(
                f"{where}: no worker came in {EMPTY:.0f} s; start some, or take engine=local"
            ) from error
        except (CancelledError, OSError) as error:
            raise InputError(
                f"{where}: the scheduler is away ({error}); start it again, or take engine=local"
            ) from error


def _packed(value: object) -> bytes:
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def _loaded() -> Callable[[bytes], Any]:
    """Return what unpacks a value on a worker: Dask sends a function of no module as a whole.

    A function of this module it would send by name, and look for it in the scheduler as well,
    where this project need not be.
    """

    def loaded(content: bytes) -> Any:
        import pickle

        return pickle.loads(content)

    return loaded


def _called() -> Callable[..., Any]:
    """Return what unpacks a function and what it is given, and calls it; as _loaded."""

    def called(content: bytes, *same: Any) -> Any:
        import pickle

        function, given = pickle.loads(content)
        return function(*given, *same)

    return called


@contextmanager
def opened(
    address: str | None, workers: int | None, folder: Path, logger: logging.Logger
) -> Iterator[Cluster]:
    """Connect to a cluster, or make one of this machine's cores.

    Args:
        address: of its scheduler; None: it is made, and ends afterwards.
        workers: how many are made; None: as many as there are cores.
        folder: where these keep files.
        logger: is told where the dashboard is, and when a worker is lost.

    Raises:
        InputError: no scheduler answers there, no worker is there, or one differs from this
            process.
    """
    for name in ("distributed", "distributed.client", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    own = _made(workers or processes.cores(), folder) if address is None else nullcontext()
    with dask.config.set(SETTINGS), own as made, _client(made or str(address)) as client:
        where = address or client.scheduler.address
        cluster = Cluster(client, None if made else worker.own_facts(), where)
        if not made:
            _check(client, cluster, where)
        client.subscribe_topic("all", lambda event: _tell(event, logger))
        threads, pages = sum(client.nthreads().values()), client.dashboard_link
        logger.info("Dask: %s threads at %s; dashboard: %s", threads, where, pages)
        try:
            yield cluster
        finally:
            client.unsubscribe_topic("all")  # or the end is news as well


@contextmanager
def _made(workers: int, folder: Path) -> Iterator[LocalCluster]:
    """Make workers of this machine; one that is lost is made again.

    Each is a new Python, which would first execute the program of this process to find what that
    defines. There is nothing to find, and it may not even be there by its name.
    """
    program = vars(sys.modules["__main__"])
    kept = {name: program.pop(name, None) for name in ("__file__", "__spec__")}
    program["__spec__"] = None
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Port 8787 is already in use")  # it takes another
            try:
                made = LocalCluster(
                    n_workers=workers, threads_per_worker=1, local_directory=str(folder / "dask"),
                    dashboard_address="127.0.0.1:8787", silence_logs=logging.CRITICAL,
                )  # fmt: skip
            except RuntimeError as error:
                raise InputError(
                    f"engine=dask: {workers} workers do not start on this machine ({error}); give "
                    "engine.workers fewer, the address of a cluster, or take engine=local"
                ) from error
        with made:
            yield made
    finally:
        program.update({name: value for name, value in kept.items() if value is not None})


def _client(where: LocalCluster | str) -> Client:
    try:
        return Client(where, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"engine.address={where}: no scheduler answers there ({error}); start one "
            "(`dask scheduler`) and workers, or leave the address out"
        ) from error


def _check(client: Client, cluster: Cluster, where: str) -> None:
    """Refuse a cluster without workers, or with other versions of what Dask itself needs."""
    with cluster._failures():
        client.wait_for_workers(1, timeout=EMPTY)
    found = client.get_versions()
    ours = _versions(found["client"])
    for place in (found["scheduler"], *found["workers"].values()):
        if faults := worker.differences(ours, _versions(place)):
            raise InputError(
                f"engine.address={where}: its versions differ from this process in "
                f"{'; '.join(faults)}; give scheduler and workers the environment of uv.lock"
            )
    list(cluster.each(id, [None]))


def _versions(place: dict[str, Any]) -> dict[str, str]:
    packages = ("dask", "distributed", "cloudpickle", "msgpack")
    return {"python": place["host"]["python"].split(".final")[0],
            **{name: str(place["packages"][name]) for name in packages}}  # fmt: skip


def _tell(event: tuple[float, Any], logger: logging.Logger) -> None:
    """Say that a worker was lost."""
    about = event[1]
    lost = isinstance(about, dict) and about.get("action") == "remove-worker"
    if lost and not about.get("expected"):
        logger.warning("a worker was lost (%s): others do its work again", about.get("worker"))
