"""Tables that somebody else wrote, read piece by piece: larger than memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from pipeline.tables import column_types
from pipeline.tables.chunks import FIRST_BLOCK, csv_pieces, parquet_pieces
from pipeline.tables.external_tables import check_start, checked_names, read_failures, table_suffix


class ForeignSource:
    """A .parquet, .csv or .csv.gz file of unknown origin.

    CSV is UTF-8 text with commas and a header. Its columns are texts as they stand there, because
    their types can only be known at the end; a field with nothing in it, not even quotes, is
    missing.

    Args:
        path: the file; its suffix says what it is.
        name: what the user calls it in messages.

    Attributes:
        schema: names and types, plain values in place of categories.
        is_csv: whether all columns are text for that reason.

    Raises:
        InputError: it is no such table, or is broken; also while it is read.
    """

    def __init__(self, path: Path, name: str) -> None:
        suffix = table_suffix(path, name)
        self._path, self._name, self.is_csv = path, name, suffix != ".parquet"
        with read_failures(name):
            check_start(path, name, suffix == ".csv.gz")
            found = self._csv_schema() if self.is_csv else pq.read_schema(path)
        plain = [column_types.plain(field).remove_metadata() for field in found]
        self.schema = pa.schema(plain)
        checked_names(pa.Table.from_batches([], self.schema), name)

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order; pieces may be empty."""
        names = self.schema.names
        with read_failures(self._name):
            if self.is_csv:
                types = {field.name: field.type for field in self.schema}
                yield from csv_pieces(self._path, types, names, ignore_empty_lines=True)
                return
            for piece in parquet_pieces(self._path, names, names):
                values = [column_types.values(piece[field.name], field) for field in self.schema]
                yield pa.table(values, schema=self.schema)

    def _csv_schema(self) -> pa.Schema:
        reading = csv.ReadOptions(block_size=FIRST_BLOCK)
        parse = csv.ParseOptions(newlines_in_values=True)
        with csv.open_csv(self._path, reading, parse) as reader:
            return pa.schema([(name, pa.string()) for name in reader.schema.names])
