"""Work on all partitions of a table at once, which add up what they find: a fit of XGBoost.

What a partition finds depends on its rows, and the sums are those of the partitions in their order.
So the answer is the same, bit for bit, whether they are threads of this process or workers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Chunk = tuple[NDArray[Any], ...]  # arrays that are made of a piece
Pieces = Callable[[], Iterable[tuple[int, pa.Table]]]  # partition, and some of its rows
Group = Mapping[str, Any]  # arguments of xgboost.collective.CommunicatorContext
HERE = "127.0.0.1"
WAIT = 300  # seconds for all partitions to meet


class BrokenError(Exception):
    """A partition does not answer the others any more."""


class Job(Protocol[R_co]):
    """What is done with each partition; it travels to workers."""

    @property
    def number(self) -> int:
        """The number of partitions."""

    def chunk(self, piece: pa.Table) -> Chunk:
        """Return what is kept of some rows."""

    def work(self, chunks: Sequence[Chunk], partition: int, group: Group) -> R_co:
        """Work on a partition while the others do, in a thread of its own.

        Raises:
            BrokenError: another one is gone.
        """


def here(job: Job[R], pieces: Pieces, folder: Path) -> R:
    """Work on the partitions in threads of this process; the chunks are kept on the disk.

    Args:
        job: what is done.
        pieces: gives the rows.
        folder: for the chunks, which are gone afterwards.

    Returns:
        What the first partition answers.
    """
    chunks: dict[int, list[Chunk]] = {partition: [] for partition in range(job.number)}
    with TemporaryDirectory(dir=folder) as place:
        for count, (partition, piece) in enumerate(pieces()):
            chunks[partition].append(_kept(job.chunk(piece), Path(place, str(count))))
        with meeting(HERE, job.number) as group:
            return in_threads(job, chunks, group)[0]


def in_threads(
    job: Job[R], chunks: Mapping[int, Sequence[Chunk]], group: Group
) -> dict[int, R]:  # fmt: skip
    """Work on some partitions, each in a thread; raises what one raised, if the others broke."""
    answers: dict[int, Future[R]] = {}
    with ThreadPoolExecutor(len(chunks)) as pool:
        for partition, held in chunks.items():
            own = {**group, "dmlc_task_id": f"{partition:06}"}  # sorted by this
            answers[partition] = pool.submit(job.work, held, partition, own)
    if errors := [error for answer in answers.values() if (error := answer.exception())]:
        raise min(errors, key=lambda error: isinstance(error, BrokenError))
    return {partition: answer.result() for partition, answer in answers.items()}


@contextmanager
def meeting(host: str, number: int) -> Iterator[Group]:
    """Let partitions find each other, as XGBoost's tracker does; yield what they need for it."""
    tracker = begun(host, number)
    try:
        yield tracker.worker_args()
    finally:
        end(tracker)


def begun(host: str, number: int) -> Any:
    """Return a tracker that waits for so many partitions at an address of this machine."""
    from xgboost.tracker import RabitTracker

    tracker = RabitTracker(host_ip=host, n_workers=number, sortby="task", timeout=WAIT)
    tracker.start()
    return tracker


def end(tracker: Any) -> None:
    """End a tracker; partitions that still wait for others get an error."""
    from xgboost.core import XGBoostError

    with suppress(XGBoostError):  # it says again what the partitions have said
        tracker.free()


def _kept(chunk: Chunk, stem: Path) -> Chunk:
    """Return arrays that the system reads from the disk when they are used."""
    held = []
    for number, array in enumerate(chunk):
        path = stem.with_name(f"{stem.name}_{number}.npy")
        np.save(path, array)
        held.append(np.load(path, mmap_mode="r"))
    return tuple(held)
