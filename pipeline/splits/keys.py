"""What decides where a row goes, gathered from the rows piece by piece."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.tables import numbers
from pipeline.tables.column_kinds import plain

Rows = tuple[NDArray[np.integer], NDArray[np.integer]]  # the numbers of the rows of two parts


class Classes(NamedTuple):
    """The classes of a column, in their order, and (rows,) the number of each row's class.

    `numbers` are those that the classes are, (classes,); None of other values and of bins.
    """

    names: list[str]
    codes: NDArray[np.integer]
    numbers: NDArray[np.float64] | None = None

    def take(self, rows: NDArray[np.integer]) -> "Classes":
        """Return the classes of some of the rows; a class that none of them has is none."""
        there, codes = np.unique(self.codes[rows], return_inverse=True)
        numbers = None if self.numbers is None else self.numbers[there]
        names = [self.names[code] for code in there]
        return Classes(names, codes.astype(self.codes.dtype), numbers)


@dataclass(frozen=True)
class Keys:
    """What decides about each row.

    Attributes:
        rows: how many there are.
        classes: of the stratify column; None without one.
        values: (rows,) for group, digests of the group's key; for time, days or the column's unit;
            for hash, where in [0, 1) the hash of the row's key falls. Else (0,).
    """

    rows: int
    classes: Classes | None = None
    values: NDArray[Any] = field(default_factory=lambda: np.zeros(0))

    def take(self, rows: NDArray[np.integer]) -> "Keys":
        """Return the keys of some of the rows, in that order."""
        classes, values = self.classes, self.values
        return Keys(
            len(rows),
            classes.take(rows) if classes else None,
            values[rows] if len(values) else values,
        )


class Coded(NamedTuple):
    """The values of a column of a piece, (rows,) the number of each row's, and the rows of none."""

    values: list[object]
    codes: NDArray[np.integer]
    missing: int


def coded(piece: pa.Table, name: str) -> Coded:
    """Return the classes of a piece's rows; InputError when their values cannot be compared."""
    column = piece[name]
    if pt.is_nested(column.type):
        raise InputError(
            f"cannot stratify: the values of {name!r} ({column.type}) cannot be "
            "compared; choose a column of plain values"
        )
    values, codes = numbers.codes(plain(column))
    return Coded(values.to_pylist(), codes, column.null_count)


class ClassColumn:
    """Gathers the class of each row from pieces of a table.

    Args:
        name: the column.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: dict[object, int] = {}
        self._codes: list[NDArray[np.integer]] = []
        self._missing = 0

    def add(self, piece: Coded) -> None:
        """Add the rows of a piece."""
        self._missing += piece.missing
        of_values = [self._values.setdefault(v, len(self._values)) for v in piece.values]
        small = "u2" if len(self._values) < 2**16 else "i4"  # 16 bits are sorted quickly
        # -1, missing, is refused below
        self._codes.append(np.array([*of_values, 0], small)[piece.codes])

    def classes(self) -> Classes:
        """Return the classes in their order; InputError when some rows have none."""
        if self._missing:
            raise InputError(
                f"stratify: {self._missing:,} rows have no {self._name!r}; drop them with "
                f"data.preprocess.drop_missing=[{self._name}], give data.preprocess.fill."
                f"{self._name} a value, or set data.stratify=null"
            )
        values, order = np.unique(np.asarray(list(self._values)), return_inverse=True)
        codes = np.concatenate(self._codes) if self._codes else np.zeros(0, np.uint16)
        found = values.astype(np.float64) if values.dtype.kind in "iuf" else None
        return Classes([str(v) for v in values], order.astype(codes.dtype)[codes], found)
