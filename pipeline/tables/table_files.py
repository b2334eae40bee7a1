"""Arrow tables in CSV and Parquet files, without loss of values or types, whole or in pieces.

The types that a file alone does not keep travel beside it, in the metadata of its artifact. What
`write` and `Writer` make depends on the rows and their order alone, not on the pieces they come in.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import progress
from pipeline.tables import column_types, csv_lines
from pipeline.tables.chunks import csv_pieces, parquet_pieces
from pipeline.tables.external_chunks import TypedSource, read_foreign
from pipeline.tables.external_tables import checked_names, read_failures
from pipeline.tables.writer import Writer, block_rows

__all__ = ["Source", "Writer", "block_rows", "read", "read_foreign", "schema_of", "write"]


def schema_of(table: pa.Table) -> pa.Schema:
    """Return what is kept of a table's schema: names, types, categories.

    Raises:
        InputError: categories that are missing or no plain values.
    """
    return pa.schema([column_types.kept(table, field) for field in table.schema])


def write(table: pa.Table, path: Path) -> dict[str, Any]:
    """Write a table to a .csv or .parquet file; schema and field metadata are left out.

    Returns the metadata its artifact should have (see Writer). Raises InputError for a table
    without columns, for a column name that is there twice, and for a column that the format
    cannot keep.
    """
    checked_names(table.column_names, path.name)
    with Writer(path, schema_of(table)) as writer:
        writer.write(table)
    return writer.metadata


class Source:
    """A table in a file that `write` or `Writer` made: its schema, and its rows in pieces.

    Args:
        path: the file.
        metadata: what the writing returned; without an `arrow_schema` in it the file is read like
            somebody else's (see TypedSource).

    Attributes:
        schema: names, types, categories.
        plain: the schema of the pieces: plain values in place of categories.
        rows: how many there are; None: only reading them tells.

    Raises:
        InputError: the file is damaged or does not fit the schema; also while it is read.
    """

    def __init__(self, path: Path, metadata: Mapping[str, Any] | None = None) -> None:
        self._path = path
        described = (metadata or {}).get("arrow_schema")
        self.rows: int | None = (metadata or {}).get("rows")
        self._foreign: TypedSource | None = None
        if described is None:
            self._foreign = TypedSource(path, path.name)
            self.schema = self._foreign.schema
        else:
            with read_failures(path.name):
                self.schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(described)))
        self.plain = pa.schema(map(column_types.plain, self.schema))

    def pieces(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield the rows in order, as tables of plain values, at least one.

        Args:
            columns: only these; all by default.
        """
        names = self.schema.names if columns is None else list(columns)
        schema = pa.schema([self.schema.field(name) for name in names])
        bare = pa.schema([self.plain.field(name) for name in names])
        with read_failures(self._path.name):
            for piece in progress.counted(self._raw(names), "rows", self.rows, len):
                values = [column_types.values(piece[field.name], field) for field in schema]
                yield pa.table(values, schema=bare)

    def _raw(self, names: list[str]) -> Iterator[pa.Table]:
        if self._foreign is not None:
            return (piece.select(names) for piece in self._foreign.pieces())
        if self._path.suffix == ".parquet":
            return parquet_pieces(self._path, self.schema.names, names, self._path.name)
        convert = csv_lines.convert_options(self._text_types())
        if names != self.schema.names:
            convert.include_columns = names
        return csv_pieces(self._path, convert, names)

    def _text_types(self) -> dict[str, pa.DataType]:
        return {field.name: column_types.text_type(field.type) for field in self.plain}

    @property
    def has_lines(self) -> bool:
        """Whether the file is CSV that this project wrote, so that its lines can be copied."""
        return self._foreign is None and self._path.suffix == ".csv"

    def lines(self) -> Iterator[pa.Table]:
        """Yield the rows in order as lines of CSV, tables with the one column `line`."""
        with read_failures(self._path.name):
            yield from progress.counted(csv_lines.read(self._path), "rows", self.rows, len)

    def parsed(self, lines: pa.Table) -> pa.Table:
        """Return some of the lines as a table of plain values."""
        with read_failures(self._path.name):
            piece = csv_lines.decode(lines, self._text_types())
            values = [column_types.values(piece[f.name], f) for f in self.schema]
            return pa.table(values, schema=self.plain)

    def read(self) -> pa.Table:
        """Return the whole table: values, types, categories and their order are as written."""
        return column_types.with_categories(pa.concat_tables(self.pieces()), self.schema)

    def encoded(self, piece: pa.Table) -> pa.Table:
        """Return a piece with the categories that its columns were written with."""
        return column_types.with_categories(piece, self.schema)


def read(path: Path, metadata: Mapping[str, Any] | None = None) -> pa.Table:
    """Read a table that `write` wrote, with the metadata that it returned (see Source)."""
    return Source(path, metadata).read()
