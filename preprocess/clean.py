"""From the raw table to the one that the model and its checks see, piece by piece."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.tables import row_digests
from pipeline.tables.numbers import to_arrow
from pipeline.tables.prefetch import ahead
from pipeline.tables.table_files import Source

Pieces = Callable[[], Iterable[pa.Table]]  # gives a table's rows in order, each time it is called


@dataclass(frozen=True)
class Survey:
    """What is known of a table when all its rows have been seen.

    Attributes:
        keep: (rows,) whether a row stays; None when all do.
        columns: the columns that stay.
        counts: rows_in, rows_out, duplicates, columns_dropped.
    """

    keep: NDArray[np.bool_] | None
    columns: list[str]
    counts: dict[str, float]


def survey(pieces: Pieces, config: Mapping[str, Any]) -> Survey:
    """Find the duplicate rows and the constant columns.

    In memory are 16 bytes for each row, in which rows that are equal in every column, missing
    values included, are recognised (see row_digests; that two others meet has a probability of
    10⁻²⁵ in 10 million rows).

    Raises:
        InputError: a column whose values cannot be compared, like lists.
    """
    rows, names = 0, []
    digests: tuple[list[row_digests.Digests], ...] = ([], [])
    firsts: dict[str, np.uint64] = {}  # of columns that have had one single value
    for piece in pieces():
        names = piece.column_names
        piece = row_digests.encoded(piece)
        if config.get("drop_duplicates", True):
            _refuse_nested(piece.schema)
            for salt, lane in enumerate(digests):
                lane.append(row_digests.of_rows(piece, names, salt))
        if config.get("drop_constant", False):
            _refuse_nested(piece.schema)
            firsts = _still_constant(piece, names if not rows else list(firsts), firsts)
        rows += len(piece)
    keep = _first_of_equals(*map(np.concatenate, digests)) if digests[0] and rows else None
    left = rows if keep is None else int(keep.sum())
    columns = [name for name in names if name not in firsts]
    counts = {"duplicates": rows - left, "columns_dropped": len(names) - len(columns)}
    return Survey(keep, columns, {"rows_in": rows, "rows_out": left, **counts})


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
                "plain values, or set drop_duplicates and drop_constant to false"
            )


def cleaned(pieces: Pieces, result: Survey, config: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Yield the rows that stay, in their order, with the text feature.

    Raises:
        InputError: see add_text.
    """
    seen = 0
    for piece in pieces():
        rows = piece
        if result.keep is not None:
            stay = np.flatnonzero(result.keep[seen : seen + len(piece)])
            rows = piece.take(to_arrow(stay)) if len(stay) < len(piece) else piece
        seen += len(piece)
        rows = rows.select(result.columns)
        text = config.get("text")
        yield add_text(rows, text["name"], text["columns"]) if text else rows


def schema_after(schema: pa.Schema, result: Survey, config: Mapping[str, Any]) -> pa.Schema:
    """Return the schema of the clean table; errors as add_text."""
    plain = pa.Table.from_batches([], pa.schema([schema.field(name) for name in result.columns]))
    text = config.get("text")
    table = add_text(plain, text["name"], text["columns"]) if text else plain
    return table.schema


def add_text(table: pa.Table, name: str, columns: Sequence[str]) -> pa.Table:
    """Add a text column: the given columns joined by a space, a missing one as nothing.

    Raises:
        InputError: no columns, one is missing or not text, or the new name is taken.
    """
    if not columns:
        raise InputError("preprocess.text.columns: it is empty; name one column or more")
    for column in columns:
        if column not in table.column_names:
            raise InputError(
                f"preprocess.text.columns: the table has no column {column!r}; it has "
                f"{', '.join(table.column_names)}"
            )
        if not _is_text(table.schema.field(column).type):
            kind = table.schema.field(column).type
            raise InputError(f"preprocess.text.columns: {column!r} is {kind}, it must be text")
    if name in table.column_names:
        raise InputError(f"preprocess.text.name: the table already has a column {name!r}")
    parts = [table[column].cast(pa.string()) for column in columns]
    space = pa.StringArray.from_buffers(  # as pyarrow makes one, it imports pandas
        1, pa.py_buffer(np.array([0, 1], np.int32)), pa.py_buffer(b" ")
    )
    options = {"null_handling": "replace", "null_replacement": ""}
    return table.append_column(name, pc.binary_join_element_wise(*parts, space[0], **options))


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pt.is_dictionary(kind) else kind
    texts = (pt.is_string, pt.is_large_string, pt.is_null)
    return any(is_kind(value) for is_kind in texts)


def clean(
    source: Source, config: Mapping[str, Any]
) -> tuple[pa.Schema, dict[str, float], Iterator[pa.Table]]:
    """Clean a table however large it is; it is read twice.

    Args:
        source: the raw table.
        config: ``drop_duplicates`` (default true), ``drop_constant`` (default false), ``text``
            (``name`` and ``columns``, or null).

    Returns:
        The clean table's schema, the counts of the survey, and the rows in their order.

    Raises:
        InputError: see survey and add_text.
    """

    def pieces() -> Iterator[pa.Table]:
        return ahead(source.pieces())

    result = survey(pieces, config)
    rows = ahead(cleaned(pieces, result, config))
    return schema_after(source.schema, result, config), result.counts, rows


def preprocess(table: pa.Table, config: Mapping[str, Any]) -> tuple[pa.Table, dict[str, float]]:
    """Clean a table in memory: the clean one, and the counts; see clean."""
    result = survey(lambda: [table], config)
    return pa.concat_tables(cleaned(lambda: [table], result, config)), result.counts
