"""Tables that somebody else wrote, read piece by piece: larger than memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.tables import column_types, csv_types
from pipeline.tables.chunks import csv_pieces, parquet_pieces
from pipeline.tables.csv_lines import convert_options
from pipeline.tables.external_tables import (
    check_start,
    checked_names,
    not_utf8,
    read_failures,
    table_suffix,
)


class ForeignSource:
    """A .parquet, .csv or .csv.gz file of unknown origin, whose CSV columns are all text.

    CSV is UTF-8 text with commas and a header. A field with nothing in it, not even quotes, is
    missing.

    Args:
        path: the file; its suffix says what it is.
        name: what the user calls it in messages, a file name or a URL.

    Attributes:
        schema: names and types, plain values in place of categories.
        is_csv: whether all columns are text for that reason.
        rows: how many there are; None: only reading them tells.

    Raises:
        InputError: it is no such table, or is broken; also while it is read.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self.is_csv = table_suffix(path, name) != ".parquet"
        with read_failures(name):
            check_start(path, name)
            first = csv_types.first_schema(path) if self.is_csv else pq.read_schema(path)
            checked_names(first.names, name)
            self.schema = self._schema(first)
            self.rows = None if self.is_csv else pq.read_metadata(path).num_rows

    def _schema(self, first: pa.Schema) -> pa.Schema:
        if self.is_csv:
            return pa.schema([(name, pa.string()) for name in first.names])
        return pa.schema([column_types.plain(field).remove_metadata() for field in first])

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order, as tables of plain values; pieces may be empty."""
        names, bare = self.schema.names, pa.schema(map(column_types.plain, self.schema))
        with read_failures(self._name):
            for piece in self._csv() if self.is_csv else parquet_pieces(self._path, names, names):
                values = [column_types.values(piece[field.name], field) for field in self.schema]
                _check_texts(values, bare, self._name)
                yield pa.table(values, schema=bare)

    def _csv(self) -> Iterator[pa.Table]:
        types = {field.name: field.type for field in self.schema}
        return csv_pieces(self._path, convert_options(types), list(types), ignore_empty_lines=True)


def _check_texts(columns: list[pa.ChunkedArray], schema: pa.Schema, name: str) -> None:
    """Refuse texts that are none; Parquet's reader takes any bytes for one."""
    for field, column in zip(schema, columns, strict=True):
        if column_types.is_text(field.type):
            try:
                column.validate(full=True)
            except pa.ArrowInvalid:
                raise not_utf8(f"column {field.name!r} of {name}") from None


class TypedSource(ForeignSource):
    """The same, with the types that all values of a CSV column have.

    In columns of numbers, dates and booleans the usual spellings of NA are missing, in columns of
    text only an empty field without quotes is. Categories of a Parquet file are in the schema, as
    `schema_of` keeps them. A table without rows is refused when all has been read.
    """

    def _schema(self, first: pa.Schema) -> pa.Schema:
        if not self.is_csv:
            return parquet_schema(self._path)
        schema = csv_types.all_types(self._path, first)
        if any(pa.types.is_binary(kind) for kind in schema.types):
            raise not_utf8(self._name)
        return schema

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order, as tables of plain values; InputError when there are none."""
        rows = 0
        for piece in super().pieces():
            rows += len(piece)
            yield piece
        if not rows:
            raise InputError(f"{self._name} has no rows; give a table with at least one")

    def _csv(self) -> Iterator[pa.Table]:
        """Read the texts and the other columns side by side: what is missing differs in them."""
        texts = {f.name: f.type for f in self.schema if pa.types.is_string(f.type)}
        others = {f.name: f.type for f in self.schema if f.name not in texts}
        exact = convert_options(texts)
        exact.include_columns = list(texts)
        reading = [
            csv_pieces(self._path, options, list(types), ignore_empty_lines=True)
            for options, types in ((exact, texts), (csv_types.loose(others), others))
            if types
        ]
        for pieces in zip(*reading, strict=True):
            columns = {name: piece[name] for piece in pieces for name in piece.column_names}
            yield pa.table({name: columns[name] for name in self.schema.names})

    def read(self) -> pa.Table:
        """Return the whole table, with its categories."""
        return column_types.with_categories(pa.concat_tables(self.pieces()), self.schema)


def parquet_schema(path: Path) -> pa.Schema:
    """Return what is kept of a Parquet file's schema; errors are those of `kept` and pyarrow's.

    The categories of a column are those of its row groups, one after the other.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        schema = file.schema_arrow
        names = [field.name for field in schema if pa.types.is_dictionary(field.type)]
        parts = [_no_rows(pa.Table.from_batches([], schema).select(names))]
        for group in range(file.num_row_groups if names else 0):
            parts.append(_no_rows(file.read_row_group(group, columns=names).select(names)))
    coded = pa.concat_tables(parts)
    return pa.schema([column_types.kept(coded, field) for field in schema])


def _no_rows(table: pa.Table) -> pa.Table:
    """Return the table without its rows, but with the categories of every chunk."""
    columns = [
        pa.chunked_array([chunk.slice(0, 0) for chunk in column.chunks], column.type)
        for column in table.columns
    ]
    return pa.table(columns, table.schema)


def read_foreign(path: Path, name: str) -> pa.Table:
    """Read the whole of a table of unknown origin, see TypedSource."""
    return TypedSource(path, name).read()
