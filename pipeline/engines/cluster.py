"""A Dask cluster that works on pieces: one of the user's, or workers that are made for a step."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
            shared = [client.submit(worker.itself, value, pure=False) for value in same]
            most = AHEAD * max(sum(client.nthreads().values()), 1)
        try:
            for item in items:
                with self._failures():
                    waiting.append(client.submit(
                        worker.answer, self._facts, function, item, *shared, pure=False
                    ))  # fmt: skip
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
                f"{where}: work on one piece of a table has ended "
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
    with dask.config.set(SETTINGS):
        made = _made(workers or processes.cores(), folder) if address is None else None
        try:
            with _client(made or str(address)) as client:
                where = address or client.scheduler.address
                cluster = Cluster(client, None if made else worker.own_facts(), where)
                if not made:
                    _check(client, cluster, where)
                client.subscribe_topic("all", lambda event: _tell(event, logger))
                threads = sum(client.nthreads().values())
                logger.info("Dask: %s threads at %s; dashboard: %s", threads, where,
                            client.dashboard_link)  # fmt: skip
                yield cluster
        finally:
            if made:
                made.close()


def _made(workers: int, folder: Path) -> LocalCluster:
    return LocalCluster(
        n_workers=workers, threads_per_worker=1, local_directory=str(folder),
        silence_logs=logging.CRITICAL,
    )  # fmt: skip


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
    list(cluster.each(worker.itself, [None]))


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
