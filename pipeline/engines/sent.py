"""How functions and values are sent to Dask's workers."""

import io
import pickle
from collections.abc import Callable
from typing import Any


def packed(value: object) -> bytes:
    """Return a value as it is sent; Dask's scheduler does not open it."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def packed_apart(value: object, apart: Callable[[object], bool]) -> tuple[bytes, list[Any]]:
    """Return a value as it is sent, without those parts that are sent by themselves; and these.

    Args:
        value: what is sent.
        apart: says of a part whether it is sent by itself.
    """
    parts: dict[int, Any] = {}

    class Pickler(pickle.Pickler):
        def persistent_id(self, part: Any) -> int | None:
            if not apart(part):
                return None
            parts[id(part)] = part
            return list(parts).index(id(part))

    content = io.BytesIO()
    Pickler(content, pickle.HIGHEST_PROTOCOL).dump(value)
    return content.getvalue(), list(parts.values())


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
