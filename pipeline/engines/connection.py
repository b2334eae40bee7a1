"""A connection to a Dask cluster: one of the user's, or workers that are made for a step."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster

from pipeline import processes
from pipeline.engines import worker
from pipeline.engines.cluster import SETTINGS, Cluster
from pipeline.errors import InputError

CONNECT = 20.0  # seconds for a scheduler to answer


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
        if made:
            cluster = Cluster(client, None, "engine=dask")
        else:
            cluster = Cluster(client, worker.own_facts(), f"engine.address={address}")
            _check(client, cluster, str(address))
        client.subscribe_topic("all", lambda event: _tell(event, logger))
        threads, pages = sum(client.nthreads().values()), client.dashboard_link
        where = client.scheduler.address
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
    cluster.wait()
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
