"""From the raw table to the one that the model and its checks see, piece by piece."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.errors import InputError
from pipeline.tables.numbers import to_arrow
from pipeline.tables.prefetch import ahead
from pipeline.tables.table_files import Source
from preprocess import aggregate
from preprocess.rows import Pieces, Rows
from preprocess.survey import Survey, survey


def cleaned(pieces: Pieces, result: Survey, config: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Yield the rows that stay, in their order, with the text feature.

    Raises:
        InputError: see add_text.
    """
    seen = 0
    for piece in _equal_ones_joined(pieces, result, config):
        rows = piece
        if result.keep is not None:
            stay = np.flatnonzero(result.keep[seen : seen + len(piece)])
            rows = piece.take(to_arrow(stay)) if len(stay) < len(piece) else piece
        seen += len(piece)
        rows = rows.select(result.columns)
        text = config.get("text")
        yield add_text(rows, text["name"], text["columns"]) if text else rows


def _equal_ones_joined(
    pieces: Pieces, result: Survey, config: Mapping[str, Any]
) -> Iterator[pa.Table]:
    if result.groups is None:
        yield from pieces()
        return
    first = next(iter(pieces()))
    schema = aggregate.schema_of(first.schema, config["duplicates"]["mean"])
    yield from aggregate.aggregated(pieces, result.groups, schema)


def schema_after(schema: pa.Schema, result: Survey, config: Mapping[str, Any]) -> pa.Schema:
    """Return the schema of the clean table; errors as add_text."""
    if result.groups is not None:
        schema = aggregate.schema_of(schema, config["duplicates"]["mean"])
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
    """Clean a table however large it is; it is read twice, or once more (see Rows.learn).

    Args:
        source: the raw table.
        config: as Preprocess says; what is left out has its default.

    Returns:
        The clean table's schema, the counts of the survey and of Rows, and the rows in their order.

    Raises:
        InputError: see Rows, survey and add_text.
    """

    def pieces() -> Iterator[pa.Table]:
        return ahead(source.pieces())

    return _clean(pieces, source.schema, config)


def _clean(
    pieces: Pieces, schema: pa.Schema, config: Mapping[str, Any]
) -> tuple[pa.Schema, dict[str, float], Iterator[pa.Table]]:
    rows, counts = Rows(schema, config), Counter[str]()
    if rows.changes_nothing:
        result = survey(pieces, config)
        made = cleaned(pieces, result, config)
        return schema_after(schema, result, config), result.counts, ahead(made)
    rows.learn(pieces)
    result = survey(lambda: rows.made(pieces(), counts), config)
    if not result.counts["rows_in"]:
        raise InputError("preprocess: no row is left; change what data.preprocess drops")
    gone = sum(number for name, number in counts.items() if name.startswith("rows_"))
    result.counts["rows_in"] += gone
    made = cleaned(lambda: rows.made(pieces(), Counter()), result, config)
    return schema_after(rows.schema, result, config), result.counts | counts, ahead(made)


def preprocess(table: pa.Table, config: Mapping[str, Any]) -> tuple[pa.Table, dict[str, float]]:
    """Clean a table in memory: the clean one, and the counts; see clean."""
    _, counts, rows = _clean(lambda: [table], table.schema, config)
    return pa.concat_tables(rows), counts
