"""From the raw table to the one that the model and its checks see."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.errors import InputError


def drop_duplicates(table: pa.Table) -> pa.Table:
    """Keep the first of rows that are equal in every column, missing values included.

    Raises:
        InputError: a column whose values cannot be compared, like lists.
    """
    keys = [str(number) for number in range(table.num_columns)]  # whatever the columns are called
    rows = pa.array(np.arange(table.num_rows))
    columns = [_comparable(table[name], name) for name in table.column_names]
    numbered = pa.table([*columns, rows], names=[*keys, "row"])
    first = numbered.group_by(keys, use_threads=False).aggregate([("row", "min")])["row_min"]
    return table.take(first.sort())


def _comparable(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return a column in which equal values have equal bytes: no categories, no -0.0."""
    if pt.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pt.is_float16(column.type):
        column = column.cast(pa.float32())
    if pt.is_floating(column.type):
        return pc.add(column, pa.scalar(0, column.type))
    if pt.is_nested(column.type):
        raise InputError(
            f"preprocess: the values of {name!r} ({column.type}) cannot be compared; give plain "
            "values, or set drop_duplicates and drop_constant to false"
        )
    return column


def drop_constant(table: pa.Table) -> pa.Table:
    """Drop columns that hold one single value (or only missing ones) in all rows.

    Raises:
        InputError: a column whose values cannot be compared, like lists.
    """
    keep = [name for name in table.column_names if len(_comparable(table[name], name).unique()) > 1]
    return table.select(keep)


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
    parts = [pc.fill_null(table[column].cast(pa.string()), "") for column in columns]
    return table.append_column(name, pc.binary_join_element_wise(*parts, " "))


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pt.is_dictionary(kind) else kind
    known = (pt.is_string, pt.is_large_string, pt.is_null)
    return any(is_kind(value) for is_kind in known)


def preprocess(table: pa.Table, config: Mapping[str, Any]) -> tuple[pa.Table, dict[str, float]]:
    """Clean a table as configured.

    Args:
        table: the raw table.
        config: ``drop_duplicates`` (default true), ``drop_constant`` (default false), ``text``
            (``name`` and ``columns``, or null).

    Returns:
        The clean table, rows in their order, and counts: rows_in, rows_out, duplicates,
        columns_dropped.
    """
    clean = drop_duplicates(table) if config.get("drop_duplicates", True) else table
    counts = {"duplicates": table.num_rows - clean.num_rows}
    before = clean.num_columns
    if config.get("drop_constant", False):
        clean = drop_constant(clean)
    counts["columns_dropped"] = before - clean.num_columns
    if text := config.get("text"):
        clean = add_text(clean, text["name"], text["columns"])
    return clean, {"rows_in": table.num_rows, "rows_out": clean.num_rows, **counts}
