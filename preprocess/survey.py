"""What is known of a table when all its rows have been seen: which are equal, what is constant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.tables import row_digests
from preprocess import aggregate
from preprocess.rows import Pieces
from preprocess.values import check_columns


@dataclass(frozen=True)
class Survey:
    """What is known of a table when all its rows have been seen.

    Attributes:
        keep: (rows,) whether a row stays; None when all do.
        columns: the columns that stay.
        counts: rows_in, rows_out, duplicates, columns_dropped.
        groups: (rows,) of equal rows, which become one; None: of these the first stays.
    """

    keep: NDArray[np.bool_] | None
    columns: list[str]
    counts: dict[str, float]
    groups: aggregate.Groups | None = None


def survey(pieces: Pieces, config: Mapping[str, Any]) -> Survey:
    """Find the duplicate rows, equal in all columns or those asked for, and the constant columns.

    In memory are 16 bytes for each row, in which rows that are equal in every column, missing
    values included, are recognised (see row_digests; that two others meet has a probability of
    10⁻²⁵ in 10 million rows).

    Raises:
        InputError: a column whose values cannot be compared, like lists.
    """
    rows, names = 0, []
    equal = config.get("duplicates") or {}
    by, aggregates = equal.get("by"), equal.get("keep") == "aggregate"
    digests: tuple[list[row_digests.Digests], ...] = ([], [])
    firsts: dict[str, np.uint64] = {}  # of columns that have had one single value
    for piece in pieces():
        names = piece.column_names
        piece = row_digests.encoded(piece)
        if config.get("drop_duplicates", True):
            check_columns("duplicates.by", by or [], piece.schema)
            _refuse_nested(piece.select(by).schema if by and not aggregates else piece.schema)
            for salt, lane in enumerate(digests):
                lane.append(row_digests.of_rows(piece, by or names, salt))
        if config.get("drop_constant", False):
            _refuse_nested(piece.schema)
            firsts = _still_constant(piece, names if not rows else list(firsts), firsts)
        rows += len(piece)
    keep = _first_of_equals(*map(np.concatenate, digests)) if digests[0] and rows else None
    left = rows if keep is None else int(keep.sum())
    columns = [name for name in names if name not in firsts]
    counts: dict[str, float] = {"rows_in": rows, "rows_out": left, "duplicates": rows - left}
    counts["columns_dropped"] = len(names) - len(columns)
    if aggregates and digests[0]:
        groups = aggregate.groups_of(*map(np.concatenate, digests))
        return Survey(None, columns, counts, groups)
    return Survey(keep, columns, counts)


def _still_constant(
    piece: pa.Table, names: Sequence[str], firsts: Mapping[str, np.uint64]
) -> dict[str, np.uint64]:
    """Return the first value's digest of those columns that hold no other, up to this piece."""
    constant = {}
    for name in names if len(piece) else ():
        digests = row_digests.of_column(piece[name], name)
        first = firsts.get(name, digests[0])
        if (digests == first).all():
            constant[name] = first
    return constant if len(piece) else dict(firsts)


def _first_of_equals(one: row_digests.Digests, two: row_digests.Digests) -> NDArray[np.bool_]:
    """Return for each row whether it is the first of those with its two digests."""
    order = np.lexsort((two, one))  # equal ones stay in the table's order
    keep = np.ones(len(one), bool)
    again = np.ones(len(one) - 1, bool)
    for digests in (one, two):
        ordered = digests[order]
        again &= ordered[1:] == ordered[:-1]
    keep[order[1:][again]] = False
    return keep


def _refuse_nested(schema: pa.Schema) -> None:
    for field in schema:
        if not row_digests.is_comparable(field.type):
            raise InputError(
                f"preprocess: the values of {field.name!r} ({field.type}) cannot be compared; give "
                "plain values, or data.preprocess.drop_duplicates=false (and drop_constant=false)"
            )
