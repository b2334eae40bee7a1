"""From the raw table to the one that the model and its checks see, piece by piece."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.engines.each import Each, here
from pipeline.errors import InputError
from pipeline.tables.numbers import to_arrow
from pipeline.tables.prefetch import ahead
from pipeline.tables.table_files import Source
from preprocess import aggregate
from preprocess.rows import Pieces, Rows
from preprocess.survey import Made, Survey, survey


def cleaned(
    pieces: Pieces, result: Survey, config: Mapping[str, Any], made: Made, each: Each = here
) -> Iterator[pa.Table]:
    """Yield the rows that stay, in their order, with the text feature.

    Raises:
        InputError: see add_text.
    """
    if result.groups is None:
        yield from each(_clean_rows, _staying(pieces, result), made, result.columns, dict(config))
        return
    first, _ = made(next(iter(pieces())))
    schema = aggregate.schema_of(first.schema, config["duplicates"]["mean"])

    def rows() -> Iterator[pa.Table]:
        return (piece for piece, _ in each(made, pieces()))

    for joined in aggregate.aggregated(rows, result.groups, schema):
        yield _finished(joined.select(result.columns), config)


def _staying(
    pieces: Pieces, result: Survey
) -> Iterator[tuple[pa.Table, NDArray[np.bool_] | None]]:  # fmt: skip
    """Yield each piece as it was read with which of its rows stay of those that are made of it."""
    seen = 0
    for piece, size in zip(pieces(), result.sizes, strict=True):
        yield piece, None if result.keep is None else result.keep[seen : seen + size]
        seen += size


def _clean_rows(
    staying: tuple[pa.Table, NDArray[np.bool_] | None], made: Made, columns: list[str],
    config: Mapping[str, Any],
) -> pa.Table:  # fmt: skip
    """Return the rows of a piece that stay, with the text feature."""
    (rows, _), keep = made(staying[0]), staying[1]
    if keep is not None and not keep.all():
        rows = rows.take(to_arrow(np.flatnonzero(keep)))
    return _finished(rows.select(columns), config)


def _finished(rows: pa.Table, config: Mapping[str, Any]) -> pa.Table:
    text = config.get("text")
    return add_text(rows, text["name"], text["columns"]) if text else rows


def schema_after(schema: pa.Schema, result: Survey, config: Mapping[str, Any]) -> pa.Schema:
    """Return the schema of the clean table; errors as add_text."""
    if result.groups is not None:
        schema = aggregate.schema_of(schema, config["duplicates"]["mean"])
    plain = pa.Table.from_batches([], pa.schema([schema.field(name) for name in result.columns]))
    return _finished(plain, config).schema


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
    source: Source, config: Mapping[str, Any], each: Each = here
) -> tuple[pa.Schema, dict[str, float], Iterator[pa.Table]]:
    """Clean a table however large it is; it is read twice, or once more (see Rows.learn).

    Args:
        source: the raw table.
        config: as Preprocess says; what is left out has its default.
        each: who works on its pieces.

    Returns:
        The clean table's schema, the counts of the survey and of Rows, and the rows in their order.

    Raises:
        InputError: see Rows, survey and add_text.
    """

    def pieces() -> Iterator[pa.Table]:
        return ahead(source.pieces())

    return _clean(pieces, source.schema, config, each)


def _clean(
    pieces: Pieces, schema: pa.Schema, config: Mapping[str, Any], each: Each = here
) -> tuple[pa.Schema, dict[str, float], Iterator[pa.Table]]:
    rows = Rows(schema, config)
    rows.learn(pieces, each)
    result = survey(pieces, config, rows.made, each)
    if not (result.counts["rows_in"] or rows.changes_nothing):
        raise InputError("preprocess: no row is left; change what data.preprocess drops")
    gone = sum(number for name, number in result.counts.items() if name in rows.DROPS)
    result.counts["rows_in"] += gone
    made = cleaned(pieces, result, config, rows.made, each)
    return schema_after(rows.schema, result, config), result.counts, ahead(made)


def preprocess(table: pa.Table, config: Mapping[str, Any]) -> tuple[pa.Table, dict[str, float]]:
    """Clean a table in memory: the clean one, and the counts; see clean."""
    _, counts, rows = _clean(lambda: [table], table.schema, config)
    return pa.concat_tables(rows), counts
