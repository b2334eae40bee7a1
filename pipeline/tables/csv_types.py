"""The types of the columns of a CSV file that somebody else wrote, found in bounded memory.

They are those that ``pyarrow.csv.read_csv`` infers from the whole file: the first of KINDS to
which every value of the column converts.
"""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from pipeline.tables import csv_lines
from pipeline.tables.chunks import BLOCK, FIRST_BLOCK, csv_bytes, csv_pieces, is_longer_row
from pipeline.tables.external_tables import MISSING

KINDS = (  # in the order in which pyarrow tries them
    *(pa.null(), pa.int64(), pa.bool_(), pa.date32(), pa.time32("s")),
    *(pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("s", "UTC"), pa.timestamp("ns", "UTC")),
    *(pa.float64(), pa.string()),
)


def first_schema(path: Path) -> pa.Schema:
    """Return the names of the columns, and the types that the first block of rows has."""
    parse = csv.ParseOptions(newlines_in_values=True)
    for block in (FIRST_BLOCK, BLOCK):
        reading = csv.ReadOptions(use_threads=False, block_size=block)
        try:
            with csv_bytes(path) as file, csv.open_csv(file, reading, parse, loose({})) as reader:
                return reader.schema
        except pa.ArrowInvalid as error:
            if not is_longer_row(error) or block == BLOCK:
                raise
    raise AssertionError("one of the two blocks is the last")


def loose(types: dict[str, pa.DataType]) -> csv.ConvertOptions:
    """Return how the columns that hold no text are read: every spelling of MISSING is missing."""
    return csv.ConvertOptions(
        column_types=types,
        include_columns=list(types),
        null_values=MISSING,
        strings_can_be_null=False,
        quoted_strings_can_be_null=True,
    )


def all_types(path: Path, first: pa.Schema) -> pa.Schema:
    """Return the schema with the types that fit every row, not only the first block's."""
    types = {field.name: field.type for field in first if not pa.types.is_string(field.type)}
    if not types:
        return first
    try:  # mostly they fit: one pass, with nothing done twice
        for _ in csv_pieces(path, loose(types), list(types), ignore_empty_lines=True):
            pass
        return first
    except pa.ArrowInvalid:
        types = _types_of_all_values(path, types)
    return pa.schema([(field.name, types.get(field.name, field.type)) for field in first])


def _types_of_all_values(path: Path, names: Iterable[str]) -> dict[str, pa.DataType]:
    fitting = {name: list(KINDS) for name in names}
    texts = csv_lines.convert_options(dict.fromkeys(fitting, pa.string()))
    texts.include_columns = list(fitting)
    for piece in csv_pieces(path, texts, list(fitting), ignore_empty_lines=True):
        for name, kinds in fitting.items():
            fitting[name] = [kind for kind in kinds if _fits(piece.select([name]), kind)]
    return {name: kinds[0] for name, kinds in fitting.items()}


def _fits(column: pa.Table, kind: pa.DataType) -> bool:
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
        csv.read_csv(pa.BufferReader(buffer), reading, parse, loose({name: kind}))
    except pa.ArrowInvalid:
        return False
    return True
