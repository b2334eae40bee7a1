"""How the trees of a forest grow: on all cores, or by the engine's workers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

from sklearn.utils.parallel import Parallel

from pipeline import progress
from pipeline.engines.engine import Engine
from pipeline.judging.staged import FORESTS
from pipeline.models.boosters.config import inner

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


@contextmanager
def growing(estimator: "BaseEstimator", engine: Engine | None) -> Iterator[None]:
    """Let a forest grow on all cores, or by the engine's workers, and say how far it is."""
    with ExitStack() as stack:
        if isinstance(trees := inner(estimator), FORESTS):
            trees.set_params(n_jobs=-1 if trees.n_jobs is None else trees.n_jobs)
            stack.enter_context(engine.trees() if engine else nullcontext())
        if trees is estimator and isinstance(estimator, FORESTS):
            stack.enter_context(_trees_counted(estimator))
        yield


@contextmanager
def _trees_counted(forest: "BaseEstimator") -> Iterator[None]:
    """Say how many trees there are so far: joblib asks for it after each task, and shows nothing.

    The forest has no callback of its own, and fitting it in parts (`warm_start`) draws other trees.
    """
    counter, original = progress.Counter("trees", forest.n_estimators), Parallel.print_progress

    def counted(parallel: Parallel) -> None:
        original(parallel)
        if parallel.n_jobs == forest.n_jobs:  # else those of the columns
            counter.tell(parallel.n_completed_tasks)

    Parallel.print_progress = counted
    try:
        yield
    finally:
        Parallel.print_progress = original
        counter.end()
