"""A function of each piece of a table, in their order: the one thing that an engine does.

What a step makes is put together from the answers by the step alone, in the order of the pieces.
So it is the same, byte for byte, wherever they were worked on.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

R = TypeVar("R")


class Each(Protocol):
    """Yields a function's answer for each item, in their order."""

    def __call__(
        self, function: Callable[..., R], items: Iterable[Any], /, *same: object
    ) -> Iterator[R]:
        """Yield the answers.

        Args:
            function: one of a module, or a method; its answer follows from what it is given alone.
            items: the first argument of each call; they are made one by one as they are needed.
            same: the other arguments of each call; to workers elsewhere they go once.
        """


def here(function: Callable[..., R], items: Iterable[Any], /, *same: object) -> Iterator[R]:
    """Work in this process, on one item after another."""
    return (function(item, *same) for item in items)


def in_threads(function: Callable[..., R], items: Iterable[Any], /, *same: object) -> Iterator[R]:
    """Work in as many threads of this process as there are processors."""
    threads = os.cpu_count() or 1
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(function, item, *same))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
