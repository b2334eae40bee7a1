"""What is known of a table when all its rows have been seen: which are equal, what is constant."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.engines.each import Each, here
from pipeline.errors import InputError
from pipeline.tables import row_digests
from preprocess import aggregate
from preprocess.rows import Pieces
from preprocess.values import check_columns

Made = Callable[[pa.Table], tuple[pa.Table, Counter[str]]]  # as Rows.made


@dataclass(frozen=True)
class Survey:
    """What is known of a table when all its rows have been seen.

    Attributes:
        keep: (rows,) whether a row stays; None when all do.
        columns: the columns that stay.
        counts: rows_in, rows_out, duplicates, columns_dropped, and what was done to the rows.
        sizes: how many rows each piece has.
        groups: (rows,) of equal rows, which become one; None: of these the first stays.
    """

    keep: NDArray[np.bool_] | None
    columns: list[str]
    counts: dict[str, float]
    sizes: list[int]
    groups: aggregate.Groups | None = None


class Look(NamedTuple):
    """What is seen of a piece: its columns and rows, two digests of each, what is constant in it.

    `firsts` are the digests of the values of columns that have one single value.
    """

    names: list[str]
    rows: int
    digests: list[row_digests.Digests]
    firsts: dict[str, np.uint64]
    counts: Counter[str]


def survey(pieces: Pieces, config: Mapping[str, Any], made: Made, each: Each = here) -> Survey:
    """Find the duplicate rows, equal in all columns or those asked for, and the constant columns.

    In memory are 16 bytes for each row, in which rows that are equal in every column, missing
    values included, are recognised (see row_digests; that two others meet has a probability of
    10⁻²⁵ in 10 million rows).

    Args:
        pieces: gives the rows as they were read.
        config: as Preprocess says.
        made: what becomes of the rows of a piece.
        each: who looks at the pieces.

    Raises:
        InputError: a column whose values cannot be compared, like lists.
    """
    looks = list(_looks(pieces, config, made, each))
    sizes, counts = [look.rows for look in looks], Counter[str]()
    for look in looks:
        counts.update(look.counts)
    rows, names, constant = sum(sizes), looks[-1].names, looks[-1].firsts
    lanes = zip(*(look.digests for look in looks), strict=True)
    digests = [np.concatenate(lane) for lane in lanes]
    del looks
    keep = _first_of_equals(*digests) if digests and rows else None
    left = rows if keep is None else int(keep.sum())
    columns = [name for name in names if name not in constant]
    about: dict[str, float] = {"rows_in": rows, "rows_out": left, "duplicates": rows - left}
    about |= {"columns_dropped": len(names) - len(columns), **counts}
    if digests and (config.get("duplicates") or {}).get("keep") == "aggregate":
        return Survey(None, columns, about, sizes, aggregate.groups_of(*digests))
    return Survey(keep, columns, about, sizes)


def _looks(
    pieces: Pieces, config: Mapping[str, Any], made: Made, each: Each
) -> Iterator[Look]:  # fmt: skip
    """Look at each piece; `firsts` of a look is of all pieces up to this one."""
    firsts: dict[str, np.uint64] | None = None  # None: no row has been seen

    def asked() -> Iterator[tuple[pa.Table, list[str] | None]]:
        for piece in pieces():
            yield piece, None if firsts is None else list(firsts)

    for look in each(_look, asked(), made, dict(config)):
        if look.rows:
            known = look.firsts if firsts is None else firsts
            firsts = {n: first for n, first in known.items() if look.firsts.get(n) == first}
        yield look._replace(firsts=firsts or {})


def _look(
    asked: tuple[pa.Table, list[str] | None], made: Made, config: Mapping[str, Any]
) -> Look:  # fmt: skip
    """Look at a piece, and at its columns that were constant so far; None: at all."""
    piece, counts = made(asked[0])
    names, digests, firsts = piece.column_names, [], {}
    equal = config.get("duplicates") or {}
    by, aggregates = equal.get("by"), equal.get("keep") == "aggregate"
    piece = row_digests.encoded(piece)
    if config.get("drop_duplicates", True):
        check_columns("duplicates.by", by or [], piece.schema)
        _refuse_nested(piece.select(by).schema if by and not aggregates else piece.schema)
        digests = [row_digests.of_rows(piece, by or names, salt) for salt in (0, 1)]
    if config.get("drop_constant", False):
        _refuse_nested(piece.schema)
        firsts = _constant(piece, names if asked[1] is None else asked[1])
    return Look(names, len(piece), digests, firsts, counts)


def _constant(piece: pa.Table, names: Sequence[str]) -> dict[str, np.uint64]:
    """Return the value's digest of those columns that hold no other in this piece."""
    constant = {}
    for name in names if len(piece) else ():
        digests = row_digests.of_column(piece[name], name)
        if (digests == digests[0]).all():
            constant[name] = digests[0]
    return constant


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
