"""What works on the pieces of a step's tables: this process, or the workers of a Dask cluster."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.engines.each import here, in_threads
from pipeline.errors import InputError

if TYPE_CHECKING:
    import logging

    from pipeline.engines.cluster import Cluster
    from pipeline.engines.together import Job, Pieces

R = TypeVar("R")


class Engine:
    """Works on pieces as the config's `engine` says; its cluster is there from the first use on.

    Args:
        settings: `engine` of the config: name, and of Dask the address and the number of workers.
        folder: where workers that are made for the step can keep files.
        logger: is told of the cluster, and of workers that were lost.
    """

    def __init__(self, settings: Mapping[str, Any], folder: Path, logger: "logging.Logger") -> None:
        self._settings, self._folder, self._logger = settings, folder, logger
        self._stack = ExitStack()
        self._opened: Cluster | None = None

    def each(
        self, function: Callable[..., R], items: Iterable[Any], /, *same: object
    ) -> Iterator[R]:
        """Yield what the function answers for each item, in their order; see Each.

        Raises:
            InputError: the engine cannot be used, or its workers are lost for good; see Cluster.
        """
        cluster = self._cluster()
        return cluster.each(function, items, *same) if cluster else here(function, items, *same)

    def threads(
        self, function: Callable[..., R], items: Iterable[Any], /, *same: object
    ) -> Iterator[R]:
        """Do as `each`; of this process, in as many threads as there are processors."""
        cluster = self._cluster()
        return (cluster.each if cluster else in_threads)(function, items, *same)

    def trees(self) -> AbstractContextManager[Any]:
        """Let the workers grow the trees of the forests that are fitted meanwhile."""
        cluster = self._cluster()
        return cluster.joblib() if cluster else nullcontext()

    def together(self, job: "Job[R]", pieces: "Pieces") -> R:
        """Work on all partitions of a table at once; see together.here for what and how.

        Raises:
            InputError: of the job; or as `each`.
        """
        if cluster := self._cluster():
            from pipeline.engines.cluster_together import on_workers

            return on_workers(cluster, job, pieces)
        from pipeline.engines import together

        return together.here(job, pieces, self._folder)

    def close(self) -> None:
        """End the workers that were made for the step."""
        self._stack.close()

    def _cluster(self) -> "Cluster | None":
        if self._settings["name"] != "dask":
            return None
        if self._opened is None:
            try:
                from pipeline.engines import connection
            except ModuleNotFoundError as error:
                raise InputError(
                    f"engine=dask needs Dask ({error}): `uv sync --extra dask`, or "
                    "`pip install 'dask[distributed]'` in the environment of the steps"
                ) from error
            self._opened = self._stack.enter_context(
                connection.opened(
                    self._settings["address"], self._settings["workers"], self._folder, self._logger
                )
            )
        return self._opened
