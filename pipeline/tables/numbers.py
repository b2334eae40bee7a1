"""numpy arrays and Arrow arrays of numbers, without pandas, which pyarrow's own way imports."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def to_arrow(numbers: NDArray[np.generic]) -> pa.Array:
    """Return numbers, none missing, as an Arrow array that shares their memory."""
    numbers = np.ascontiguousarray(numbers)
    kind = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


def to_numpy(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column of integers or floats as floats, what is missing as NaN."""
    parts = [_floats(chunk.cast(pa.float64(), safe=False)) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0)


def codes(column: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int32]]:
    """Return a column's values, each once, and for each row which of them it has; -1: missing."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.dictionary, indices(encoded)


def indices(values: pa.DictionaryArray) -> NDArray[np.int32]:
    """Return for each value which of the categories it is; -1: missing."""
    raw = _ints(values.indices.cast(pa.int32()))
    categories = values.dictionary
    if not categories.null_count:
        return raw
    missing = np.append(~_present(categories), True)  # a category may be missing, too
    return np.where(missing[raw], -1, raw).astype(np.int32)


def _floats(values: pa.Array) -> NDArray[np.float64]:
    raw = np.frombuffer(values.buffers()[1], np.float64)[values.offset :][: len(values)]
    return np.where(_present(values), raw, np.nan) if values.null_count else raw


def _ints(values: pa.Array) -> NDArray[np.int32]:
    raw = np.frombuffer(values.buffers()[1], np.int32)[values.offset :][: len(values)]
    return np.where(_present(values), raw, -1).astype(np.int32) if values.null_count else raw


def bits(buffer: pa.Buffer, values: pa.Array) -> NDArray[np.bool_]:
    """Return the bit of each value of an array in one of its buffers of packed bits."""
    packed = np.frombuffer(buffer, np.uint8)
    unpacked = np.unpackbits(packed, count=values.offset + len(values), bitorder="little")
    return unpacked[values.offset :].astype(bool)


def _present(values: pa.Array) -> NDArray[np.bool_]:
    if pa.types.is_null(values.type):
        return np.zeros(len(values), bool)
    return bits(values.buffers()[0], values)
