"""Column types in files: what CSV and Parquet keep by themselves, and what travels beside them."""

import base64

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import InputError

INSTEAD = "use .parquet (between the steps: data.format=parquet)"  # where CSV cannot keep it
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


def is_text(kind: pa.DataType) -> bool:
    """Whether the values are texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def fits_csv(kind: pa.DataType) -> bool:
    """Whether CSV text keeps values of that type exactly."""
    return any(test(kind) for test in CSV_TYPES)


def kept(table: pa.Table, field: pa.Field) -> pa.Field:
    """Return the field without its metadata, but with the categories of a dictionary column.

    Raises:
        InputError: categories that are missing or no plain values.
    """
    bare = field.remove_metadata()
    if not pa.types.is_dictionary(field.type):
        return bare
    column = table[field.name]
    missing = any(part.dictionary.null_count for part in column.chunks)
    if missing or not fits_csv(field.type.value_type):
        raise InputError(
            f"column {field.name!r}: {field.type} cannot be kept in a file"
            f"{' with a missing category' if missing else ''}; give it plain values as categories"
        )
    batch = pa.record_batch([column.combine_chunks().dictionary], names=["categories"])
    return bare.with_metadata({"categories": base64.b64encode(batch.serialize().to_pybytes())})


def plain(field: pa.Field) -> pa.Field:
    """Return the field of a column's values: without categories, without metadata."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return pa.field(field.name, kind, field.nullable)


def values(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Give a column, encoded or read from a file, the type of its plain values."""
    kind = plain(field).type
    if pa.types.is_dictionary(column.type):
        parts = [part.dictionary.take(part.indices) for part in column.chunks]
        column = pa.chunked_array(parts, column.type.value_type)
    return column if column.type == kind else column.cast(kind)


def encoded(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Give a column of plain values the categories that `kept` put into its field, if any.

    Raises:
        InputError: a value that is none of the categories.
    """
    if not pa.types.is_dictionary(field.type):
        return column
    categories = _categories(field)
    codes = pc.index_in(column, value_set=categories)
    if codes.null_count > column.null_count:
        raise InputError(f"column {field.name!r} holds other values than its categories")
    parts = [
        pa.DictionaryArray.from_arrays(
            part.cast(field.type.index_type), categories, ordered=field.type.ordered
        )
        for part in codes.chunks
    ]
    return pa.chunked_array(parts, field.type)


def with_categories(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table of plain values with the categories that its schema holds; as `encoded`."""
    fields = [schema.field(name) for name in table.column_names]
    columns = [encoded(table[field.name], field) for field in fields]
    return pa.table(columns, pa.schema([field.remove_metadata() for field in fields]))


def text_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that plain values of this type have while they are CSV."""
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp(kind.unit, "UTC")
    return kind


def to_text(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Return a column of plain values as pyarrow writes it to CSV without loss.

    Raises:
        InputError: a value that cannot be read back: a year, a text that is not UTF-8, a time of
            day beyond the day.
    """
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        reason = str(error).rpartition("Invalid: ")[2]
        raise InputError(
            f"column {field.name!r}: CSV cannot keep it: {reason}; {INSTEAD}"
        ) from None
    if not (pa.types.is_date(field.type) or pa.types.is_timestamp(field.type)):
        return column
    # Not in local time: old zones are seconds off UTC, which CSV text does not show.
    column = column.cast(text_type(field.type))
    years = pc.min_max(pc.year(column)).as_py()
    if years["min"] is not None and not 1 <= years["min"] <= years["max"] <= 9999:
        raise InputError(f"column {field.name!r}: CSV keeps years 1 to 9999; {INSTEAD}")
    return column


def _categories(field: pa.Field) -> pa.Array:
    """Return what `kept` put into the field: the categories, in order."""
    # Not as a list, because pa.array would import pandas for it.
    content = pa.py_buffer(base64.b64decode(field.metadata[b"categories"]))
    schema = pa.schema([("categories", field.type.value_type)])
    return pa.ipc.read_record_batch(content, schema).column(0)
