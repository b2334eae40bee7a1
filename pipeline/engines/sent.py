"""How functions and values are sent to Dask's workers."""

import pickle
from collections.abc import Callable
from typing import Any


def packed(value: object) -> bytes:
    """Return a value as it is sent; Dask's scheduler does not open it."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def unpacking() -> Callable[[bytes], Any]:
    """Return what unpacks a value on a worker: Dask sends a function of no module as a whole.

    A function of this module it would send by name, and look for it in the scheduler as well,
    where this project need not be.
    """

    def loaded(content: bytes) -> Any:
        import pickle

        return pickle.loads(content)

    return loaded


def calling() -> Callable[..., Any]:
    """Return what unpacks a function and what it is given, and calls it; as `unpacking`."""

    def called(content: bytes, *same: Any) -> Any:
        import pickle

        function, given = pickle.loads(content)
        return function(*given, *same)

    return called
