"""From the raw table to the one that the model and its checks see."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import InputError


def drop_duplicates(table: pa.Table) -> pa.Table:
    """Keep the first of rows that are equal in every column, missing values included."""
    keys = [str(number) for number in range(table.num_columns)]  # whatever the columns are called
    rows = pa.array(np.arange(table.num_rows))
    numbered = pa.table([*table.columns, rows], names=[*keys, "row"])
    first = numbered.group_by(keys, use_threads=False).aggregate([("row", "min")])["row_min"]
    return table.take(first.sort())


def drop_constant(table: pa.Table) -> pa.Table:
    """Drop columns that hold one single value (or only missing ones) in all rows."""
    keep = [
        name
        for name in table.column_names
        if pc.count_distinct(table[name], mode="all").as_py() > 1
    ]
    return table.select(keep)


def add_text(table: pa.Table, name: str, columns: Sequence[str]) -> pa.Table:
    """Add a text column: the given columns joined by a space, a missing one as nothing.

    Raises:
        InputError: a column is missing or not text, or the new name is taken.
    """
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
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    known = (pa.types.is_string, pa.types.is_large_string, pa.types.is_null)
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
