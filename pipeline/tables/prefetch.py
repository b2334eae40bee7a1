"""Making what comes next while what is there is used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items in their order; a thread makes the next one meanwhile.

    Worth it where both sides leave Python's lock, as Arrow, numpy and files do. An exception of
    `items` is raised here.
    """
    end: Any = object()
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = worker.submit(next, items, end)
            yield item
