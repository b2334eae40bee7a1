"""Arrow tables in CSV and Parquet files, without loss of values or types.

The types that a file alone does not keep travel beside it, in the metadata of its artifact.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from pipeline.errors import InputError
from pipeline.foreign import checked_names, parse_csv, read_failures, read_foreign, read_parquet

__all__ = ["read", "read_foreign", "write"]

LONGEST_ROW = 8 * 2**20  # bytes of text in a CSV row; half of what the reader takes, for quotes
# What CSV text keeps exactly, and what the categories of a column may be in either format.
CSV_TYPES = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_decimal128,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_timestamp,
)


def write(table: pa.Table, path: Path) -> dict[str, Any]:
    """Write a table to a .csv or .parquet file; schema and field metadata are left out.

    Returns the metadata its artifact should have: `rows`, `columns` (name to type) and
    `arrow_schema`, the serialized schema in base64, with which `read` gives the same table
    again. Raises InputError for a table without columns, for a column name that is there
    twice, and for a column that the format cannot keep.
    """
    checked_names(table, path.name)
    schema = pa.schema([_kept(table, field) for field in table.schema])
    bare = pa.schema([field.remove_metadata() for field in schema])
    plain = pa.table(table.columns, schema=bare).unify_dictionaries()
    if path.suffix == ".csv":
        csv.write_csv(_text_table(plain), path)
    elif path.suffix == ".parquet":
        _write_parquet(plain, path)
    else:
        raise InputError(f"cannot write a table to {path.name}: use .csv or .parquet")
    return {
        "rows": table.num_rows,
        "columns": {field.name: str(field.type) for field in schema},
        "arrow_schema": base64.b64encode(schema.serialize().to_pybytes()).decode(),
    }


def read(path: Path, metadata: Mapping[str, Any] | None = None) -> pa.Table:
    """Read a table that `write` wrote, with the metadata that it returned.

    Values, types, categories and their order come back exactly. Without an `arrow_schema` in
    the metadata the file is read like somebody else's (see read_foreign). Raises InputError
    when the file is damaged or does not fit the schema.
    """
    encoded = (metadata or {}).get("arrow_schema")
    if encoded is None:
        return read_foreign(path, path.name)
    with read_failures(path.name):
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(encoded)))
        if path.suffix == ".parquet":
            table = read_parquet(path)
        else:
            types = {field.name: _text_type(field.type) for field in schema}
            table = parse_csv(path, ignore_empty_lines=False, column_types=types)
        if table.column_names != schema.names:
            raise InputError(
                f"{path.name} has the columns {table.column_names}, its schema has "
                f"{schema.names}; run the step that made it again"
            )
        columns = [_restored(table[field.name], field) for field in schema]
    return pa.table(columns, schema=pa.schema([field.remove_metadata() for field in schema]))


def _kept(table: pa.Table, field: pa.Field) -> pa.Field:
    """Return the field without its metadata, but with the categories of a dictionary column."""
    bare = field.remove_metadata()
    if not pa.types.is_dictionary(field.type):
        return bare
    column = table[field.name]
    missing = any(part.dictionary.null_count for part in column.chunks)
    if missing or not _fits_csv(field.type.value_type):
        raise InputError(
            f"column {field.name!r}: {field.type} cannot be kept in a file"
            f"{' with a missing category' if missing else ''}; give it plain values as categories"
        )
    batch = pa.record_batch([column.combine_chunks().dictionary], names=["categories"])
    return bare.with_metadata({"categories": base64.b64encode(batch.serialize().to_pybytes())})


def _categories(field: pa.Field) -> pa.Array:
    """Return what `_kept` put into the field: the categories, in order."""
    # Not as a list, because pa.array would import pandas for it.
    content = pa.py_buffer(base64.b64decode(field.metadata[b"categories"]))
    schema = pa.schema([("categories", field.type.value_type)])
    return pa.ipc.read_record_batch(content, schema).column(0)


def _write_parquet(table: pa.Table, path: Path) -> None:
    try:
        pq.write_table(table, path, compression="zstd")
    except pa.ArrowNotImplementedError as error:
        raise InputError(f"cannot write {path.name} as Parquet: {error}") from error


def _text_table(table: pa.Table) -> pa.Table:
    """Return the table with columns that pyarrow writes to CSV without loss."""
    columns = {field.name: _text_column(table[field.name], field) for field in table.schema}
    texts = [column for column in columns.values() if _is_text(column.type)]
    longest = sum(pc.max(pc.binary_length(column)).as_py() or 0 for column in texts)
    if longest > LONGEST_ROW:
        raise InputError(f"texts of {longest} bytes are too long for a CSV row; use .parquet")
    return pa.table(columns)


def _text_column(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if pa.types.is_dictionary(field.type):
        values = field.with_type(field.type.value_type)
        parts = [part.dictionary.take(part.indices) for part in column.chunks]
        return _text_column(pa.chunked_array(parts, values.type), values)
    if not _fits_csv(field.type):
        raise InputError(f"column {field.name!r}: CSV cannot keep {field.type}; use .parquet")
    if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
        # Not in local time: old zones are seconds off UTC, which CSV text does not show.
        column = column.cast(_text_type(field.type))
        years = pc.min_max(pc.year(column)).as_py()
        if years["min"] is not None and not 1 <= years["min"] <= years["max"] <= 9999:
            raise InputError(f"column {field.name!r}: CSV keeps years 1 to 9999; use .parquet")
    return column


def _text_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that a column of this type has while it is CSV."""
    if pa.types.is_dictionary(kind):
        return _text_type(kind.value_type)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp(kind.unit, "UTC")
    return kind


def _restored(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Give a column that was read from a file the type it had."""
    if column.type == field.type:
        return column
    if not pa.types.is_dictionary(field.type):
        return column.cast(field.type)
    categories = _categories(field)
    values = column.cast(categories.type)
    codes = pc.index_in(values, value_set=categories)
    if codes.null_count > values.null_count:
        raise InputError(f"column {field.name!r} holds other values than its categories")
    parts = [
        pa.DictionaryArray.from_arrays(
            part.cast(field.type.index_type), categories, ordered=field.type.ordered
        )
        for part in codes.chunks
    ]
    return pa.chunked_array(parts, field.type)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _fits_csv(kind: pa.DataType) -> bool:
    return any(test(kind) for test in CSV_TYPES)
