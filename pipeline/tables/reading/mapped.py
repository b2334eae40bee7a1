"""A table of any size, column by column: of a large one only what is looked at is in memory."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, TypeAlias

import pyarrow as pa

HELD = 2**27  # bytes of a table that is held in memory


class Rows(Protocol):
    """What a table is read from, as pipeline.tables.table_files.Source has it."""

    schema: pa.Schema

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order, as tables of plain values, at least one."""

    def encoded(self, piece: pa.Table) -> pa.Table:
        """Return a piece with the categories of its columns."""


@dataclass
class Made:
    """Rows that are made as they are read.

    Attributes:
        schema: of plain values.
        make: gives them, in pieces.
    """

    schema: pa.Schema
    make: Callable[[], Iterator[pa.Table]]

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows."""
        return self.make()

    def encoded(self, piece: pa.Table) -> pa.Table:
        """Return a piece as it is."""
        return piece


class Columns:
    """The columns of a table, as a pyarrow.Table gives them.

    A small table is held. The rows of a large one are put into a file, in Arrow's own format, which
    is mapped anew for each column: so the memory of one is given back before the next is read.

    Args:
        source: the table.
        folder: where the file of a large one is made, as large as the table in memory.

    Attributes:
        column_names: in order.
        num_rows: how many there are.
        schema: names and types.
    """

    def __init__(self, source: Rows, folder: Path) -> None:
        self.column_names: list[str] = source.schema.names
        self.schema = pa.schema([field.remove_metadata() for field in source.schema])
        self._table: pa.Table | None = None
        held, size = [], 0
        pieces = map(source.encoded, source.pieces())
        for piece in pieces:
            held.append(piece)
            size += piece.nbytes
            if size > HELD:
                with NamedTemporaryFile(suffix=".arrow", dir=folder, delete=False) as file:
                    self._file = file.name
                self.num_rows = self._write(chain(held, pieces))
                return
        self._table = pa.concat_tables(held)
        self.num_rows = len(self._table)

    def _write(self, pieces: Iterator[pa.Table]) -> int:
        rows, first = 0, next(pieces)
        with pa.ipc.new_file(self._file, first.schema) as writer:
            for piece in chain([first], pieces):
                writer.write_table(piece)
                rows += len(piece)
        return rows

    def _open(self) -> pa.RecordBatchFileReader:
        """Map the file; without options, with which pyarrow copies it."""
        pa.default_memory_pool().release_unused()  # what the last column took
        return pa.ipc.open_file(pa.memory_map(self._file))

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """Return a column, with its categories."""
        return self.select([name])[name]

    def select(self, names: Sequence[str]) -> pa.Table:
        """Return some columns; of a large table they are in memory as far as they are looked at."""
        table = self._open().read_all() if self._table is None else self._table
        return table.select(list(names))

    def only(self, names: Sequence[str]) -> "Columns":
        """Return the same table with no more than some of its columns."""
        some = copy(self)
        some.column_names = list(names)
        some.schema = pa.schema([self.schema.field(name) for name in names])
        return some

    def pieces(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows in order, of some columns, piece by piece."""
        if self._table is not None:
            yield self._table.select(list(names))
            return
        for number in range(self._open().num_record_batches):  # mapped anew for each
            batch = self._open().get_batch(number)
            yield pa.Table.from_batches([batch]).select(list(names))


AnyTable: TypeAlias = pa.Table | Columns


def pieces_of(table: AnyTable, names: Sequence[str]) -> Iterator[pa.Table]:
    """Yield the rows of a table in order, of some columns."""
    if isinstance(table, Columns):
        return table.pieces(names)
    return iter([table.select(list(names))])
