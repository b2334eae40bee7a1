"""Arrow arrays of texts, without pandas, which pyarrow imports for lists and numbers of Python."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def array(texts: Iterable[str]) -> pa.StringArray:
    """Return the texts as an array."""
    content = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, content)], dtype=np.int32)
    return pa.StringArray.from_buffers(
        len(content), pa.py_buffer(ends), pa.py_buffer(b"".join(content))
    )


def column(texts: Iterable[str]) -> pa.ChunkedArray:
    """Return the texts as a column."""
    return pa.chunked_array([array(texts)])


def scalar(text: str) -> pa.Scalar:
    """Return one text."""
    return array([text])[0]


def without(values: pa.ChunkedArray, words: Iterable[str]) -> pa.ChunkedArray:
    """Return texts of which these words are missing."""
    missing = pc.is_in(values, value_set=array(words))
    return pc.if_else(missing, pa.nulls(1, pa.string())[0], values)
