"""What decides where a row goes, taken from the rows piece by piece."""

import datetime
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.splits.stratified import Classes
from pipeline.tables import numbers, row_digests
from pipeline.tables.column_kinds import plain

DAY = datetime.timedelta(days=1) // datetime.timedelta(microseconds=1)


class ClassColumn:
    """Gathers the class of each row from pieces of a table.

    Args:
        name: the column.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: dict[Any, int] = {}
        self._codes: list[NDArray[np.integer]] = []
        self._missing = 0

    def add(self, piece: pa.Table) -> None:
        """Add the rows of a piece; InputError when their values cannot be compared."""
        column = piece[self._name]
        if pt.is_nested(column.type):
            raise InputError(
                f"cannot stratify: the values of {self._name!r} ({column.type}) cannot be "
                "compared; choose a column of plain values"
            )
        values, codes = numbers.codes(plain(column))
        self._missing += column.null_count
        known = [self._values.setdefault(v, len(self._values)) for v in values.to_pylist()]
        small = "u2" if len(self._values) < 2**16 else "i4"  # 16 bits are sorted quickly
        self._codes.append(np.array([*known, 0], small)[codes])  # -1, missing, is refused below

    def classes(self) -> Classes:
        """Return the classes in their order; InputError when some rows have none."""
        if self._missing:
            raise InputError(
                f"stratify: {self._missing:,} rows have no {self._name!r}; fill or drop them in "
                "preprocess, or set stratify=null"
            )
        values, order = np.unique(np.asarray(list(self._values)), return_inverse=True)
        codes = np.concatenate(self._codes) if self._codes else np.zeros(0, np.uint16)
        return Classes([str(v) for v in values], order.astype(codes.dtype)[codes])


def times_of(piece: pa.Table, name: str) -> NDArray[np.float64]:
    """Return the time of each row: days of dates and timestamps, else the column's own unit.

    Raises:
        InputError: a missing value, or a column that holds no numbers, dates or timestamps.
    """
    times = moments_of(piece, name)
    if missing := int(np.isnan(times).sum()):
        raise InputError(
            f"time_column: {missing:,} rows have no {name!r}; fill or drop them in preprocess"
        )
    return times


def moments_of(piece: pa.Table, name: str) -> NDArray[np.float64]:
    """Return the same with NaN where the time is missing."""
    column, kind = piece[name], piece[name].type
    if pt.is_date(kind) or pt.is_timestamp(kind):
        return numbers.to_numpy(column.cast(pa.timestamp("us")).cast(pa.int64())) / DAY
    if pt.is_integer(kind) or pt.is_floating(kind):
        return numbers.to_numpy(column)
    raise InputError(f"time_column: {name!r} is {kind}; it must hold numbers, dates or timestamps")


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


def _fraction(key: list[Any], salt: str) -> float:
    """Return where in [0, 1) a key falls."""
    values = [value + 0.0 if isinstance(value, float) else value for value in key]  # no -0.0
    text = json.dumps([salt, values], ensure_ascii=False, default=str)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
