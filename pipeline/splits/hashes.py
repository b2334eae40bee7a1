"""A row's own key decides where it goes: new rows never move old ones."""

import hashlib
import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.splits.keys import Rows
from pipeline.tables import numbers, row_digests


def by_hash(hashes: NDArray[np.float64], size: float) -> Rows:
    """Give the rows whose hash is below the size to the second part; in the table's order."""
    in_second = hashes < size
    return np.flatnonzero(~in_second), np.flatnonzero(in_second)


def hashes_of(piece: pa.Table, columns: Sequence[str], salt: str) -> NDArray[np.float64]:
    """Return where in [0, 1) the hash of each row's key falls.

    Args:
        piece: rows of a table.
        columns: the key.
        salt: makes another division of the same keys.

    Raises:
        InputError: a column whose values cannot be compared.
    """
    digests = row_digests.of_rows(piece, columns)
    _, firsts, codes = np.unique(digests, return_index=True, return_inverse=True)
    keys = piece.select(list(columns)).take(numbers.to_arrow(firsts)).to_pylist()
    return np.array([_fraction(list(key.values()), salt) for key in keys], np.float64)[codes]


def _fraction(key: list[object], salt: str) -> float:
    """Return where in [0, 1) a key falls."""
    values = [value + 0.0 if isinstance(value, float) else value for value in key]  # no -0.0
    text = json.dumps([salt, values], ensure_ascii=False, default=str)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
