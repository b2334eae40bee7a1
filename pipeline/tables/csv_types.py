"""The types of the columns of a CSV file that somebody else wrote, found in bounded memory.

They are those that ``pyarrow.csv.read_csv`` infers from the whole file: the first of KINDS to
which every value of the column converts.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from pipeline.tables import csv_lines
from pipeline.tables.chunks import BLOCK, FIRST_BLOCK, csv_bytes, csv_pieces, is_longer_row
from pipeline.tables.reading.dialect import PLAIN, Dialect

KINDS = (  # in the order in which pyarrow tries them
    *(pa.null(), pa.int64(), pa.bool_(), pa.date32(), pa.time32("s")),
    *(pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("s", "UTC"), pa.timestamp("ns", "UTC")),
    *(pa.float64(), pa.string()),
)


def first_schema(path: Path, dialect: Dialect = PLAIN) -> pa.Schema:
    """Return the names of the columns, and the types that the first block of rows has."""
    for block in (FIRST_BLOCK, BLOCK):
        reading, convert = dialect.reading(block), dialect.loose({})
        try:
            with (
                csv_bytes(path, dialect) as file,
                csv.open_csv(file, reading, dialect.parse(), convert) as reader,
            ):
                return reader.schema
        except pa.ArrowInvalid as error:
            if not is_longer_row(error) or block == BLOCK:
                raise
    raise AssertionError("one of the two blocks is the last")


def all_types(
    path: Path, first: pa.Schema, dialect: Dialect = PLAIN, see: Callable[[pa.Table], object] = len
) -> pa.Schema:
    """Return the schema with the types that fit every row, not only the first block's.

    Args:
        path: the file.
        first: what the first block has; columns that are text in it stay so.
        dialect: how it is written.
        see: called with all rows of the columns that hold no text; perhaps with some twice.
    """
    types = {field.name: field.type for field in first if not pa.types.is_string(field.type)}
    if not types:
        return first
    try:  # mostly they fit: one pass, with nothing done twice
        _pass(path, types, dialect, see)
        return first
    except pa.ArrowInvalid:
        types = _types_of_all_values(path, types, dialect)
    _pass(path, {n: t for n, t in types.items() if not pa.types.is_string(t)}, dialect, see)
    return pa.schema([(field.name, types.get(field.name, field.type)) for field in first])


def _pass(
    path: Path, types: dict[str, pa.DataType], dialect: Dialect, see: Callable[[pa.Table], object]
) -> None:
    if types:
        for piece in csv_pieces(path, dialect.loose(types), list(types), True, dialect):
            see(piece)


def _types_of_all_values(
    path: Path, names: Iterable[str], dialect: Dialect
) -> dict[str, pa.DataType]:
    fitting = {name: list(KINDS) for name in names}
    texts = csv_lines.convert_options(dict.fromkeys(fitting, pa.string()))
    texts.include_columns = list(fitting)
    for piece in csv_pieces(path, texts, list(fitting), True, dialect):
        for name, kinds in fitting.items():
            fitting[name] = [kind for kind in kinds if _fits(piece.select([name]), kind, dialect)]
    return {name: kinds[0] for name, kinds in fitting.items()}


def _fits(column: pa.Table, kind: pa.DataType, dialect: Dialect) -> bool:
    """Say whether all texts of a table's only column convert to the type."""
    if pa.types.is_string(kind) or not len(column):
        return True
    (name,) = column.column_names
    sink = pa.BufferOutputStream()
    csv.write_csv(column, sink)
    buffer = sink.getvalue()
    reading = csv.ReadOptions(use_threads=False, block_size=len(buffer))
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    try:
        csv.read_csv(pa.BufferReader(buffer), reading, parse, dialect.loose({name: kind}))
    except pa.ArrowInvalid:
        return False
    return True
