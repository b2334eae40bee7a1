"""How workers do what joblib is asked to do with several jobs: grow the trees of a forest.

Joblib has a backend for Dask of its own. That lays the rows with one worker and cannot lay them
there again: when the worker is lost at that moment, it waits for ever.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib.parallel import FallbackToBackend, ParallelBackendBase, SequentialBackend

from pipeline.engines import sent

if TYPE_CHECKING:
    from pipeline.engines.cluster import Cluster

LARGE = 2**16  # bytes of an array that is sent once for all tasks


class Backend(ParallelBackendBase):
    """Gives each of joblib's tasks to a worker.

    Args:
        cluster: the workers.
    """

    supports_retrieve_callback = True
    default_n_jobs = 1  # of what does not ask for more

    def __init__(self, cluster: "Cluster") -> None:
        super().__init__()
        self._cluster = cluster
        self._arrays: dict[int, tuple[Any, Any]] = {}  # address → array, where it lies
        self._running: list[Any] = []

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_: Any) -> int:
        """Return how many tasks are given to the workers at once; one alone is done here."""
        if n_jobs == 1:
            raise FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        self.parallel = parallel
        return self.effective_n_jobs(n_jobs)

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return how many threads the workers have, two at least: one would be this process."""
        return 1 if n_jobs == 1 else max(self._cluster.threads(), 2)

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], Any] | None = None) -> Any:
        """Give a task to a worker; the callback is called when it has an answer."""
        content, found = sent.packed_apart(func, self._is_large)
        for array in found:
            if id(array) not in self._arrays:
                self._arrays[id(array)] = array, self._cluster.share(array)
        future = self._cluster.task(content, [self._arrays[id(array)][1] for array in found])
        self._running.append(future)
        future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Any) -> Any:
        """Return the answer, or raise what the task has raised."""
        return self._cluster.result(out)

    def stop_call(self) -> None:
        """Forget the arrays of one call of joblib."""
        self._arrays.clear()
        self._running.clear()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Take back what the workers still have."""
        self._cluster.cancel(self._running)

    @staticmethod
    def _is_large(value: object) -> bool:
        return isinstance(value, np.ndarray) and value.nbytes > LARGE
