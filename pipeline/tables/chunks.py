"""Tables, read piece by piece."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from pipeline.errors import InputError
from pipeline.tables.reading.dialect import PLAIN, Dialect
from pipeline.tables.reading.stream import Bytes

BLOCK = 16 * 2**20  # bytes of CSV read at a time; no row can be longer
FIRST_BLOCK = 2**20  # of CSV, where memory counts: the reader takes 35 times as much
PIECE = 2**16  # rows read at a time


def parquet_pieces(
    path: Path | pa.NativeFile, columns: list[str], wanted: list[str], name: str
) -> Iterator[pa.Table]:
    """Yield a Parquet file's rows, of the wanted columns; errors are pyarrow's and OSError.

    Raises:
        InputError: its columns are others than `columns`.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        _same_columns(file.schema_arrow.names, columns, name)
        only = None if wanted == columns else wanted
        yield _no_rows(file.schema_arrow).select(wanted)
        for group in range(file.num_row_groups):  # lists of categories cannot be read across two
            for batch in file.iter_batches(PIECE, [group], columns=only):
                yield pa.Table.from_batches([batch]).select(wanted)


def csv_pieces(
    path: Path,
    convert: csv.ConvertOptions,
    names: list[str],
    ignore_empty_lines: bool = False,
    dialect: Dialect = PLAIN,
) -> Iterator[pa.Table]:
    """Yield the rows of a CSV file; a packed one is unpacked on the way.

    Args:
        path: the file.
        convert: the types of the columns; `include_columns`, if only some are read.
        names: the columns that are read, in order.
        ignore_empty_lines: in this project's files an empty line is a row.
        dialect: how it is written.

    Raises:
        InputError: its columns are others. Other errors are pyarrow's, OSError and UnicodeError.
    """
    parse = dialect.parse(ignore_empty_lines)
    seen, block = 0, FIRST_BLOCK
    while block:
        reading = dialect.reading(block, seen)
        block = 0
        try:
            with (
                csv_bytes(path, dialect) as file,
                csv.open_csv(file, reading, parse, convert) as reader,
            ):
                _same_columns(reader.schema.names, names, path.name)
                for piece in _together(reader):
                    yield piece
                    seen += len(piece)
        except pa.ArrowInvalid as error:
            if not is_longer_row(error) or reading.block_size == BLOCK:
                raise
            block = BLOCK


def is_longer_row(error: pa.ArrowInvalid) -> bool:
    """Say whether pyarrow has stopped at a row, or at the header, that is longer than a block."""
    return any(words in str(error) for words in ("straddling", "cannot infer number of columns"))


class CsvBytes(io.RawIOBase):
    """The bytes of a CSV file in such pieces that pyarrow's reader does not change its values.

    Where one piece ends with CR and the next begins with LF, it drops the LF, within quotes too. So
    no piece ends with CR, but the last. And after a NUL it overlooks quotes (its search is for C's
    strings), so that rows may be joined without a word: NUL is refused.
    """

    def __init__(self, file: Bytes) -> None:
        self._file, self._held = file, b""
        # A reader that has stopped at an error reads ahead once more, in a thread of its own. By
        # then the number of a closed file may be another file's, which would lose its beginning.
        self._lock = threading.Lock()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`, which is 2 or more; nothing at the end.

        Raises:
            ValueError: there is a NUL.
        """
        with self._lock:
            return b"" if self._file.closed else self._read(size)

    def _read(self, size: int) -> bytes:
        piece: bytes = self._held
        while more := self._file.read(size - len(piece)):
            if b"\0" in more:
                raise ValueError(
                    f"a NUL stands in {_around(more)}; save it without, or as .parquet"
                )
            piece += more
            if len(piece) > 1:
                end = len(piece) - piece.endswith(b"\r")
                self._held = piece[end:]
                return piece[:end]
        self._held = b""
        return piece

    def readable(self) -> bool:
        """Say that it is to be read."""
        return True

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()
        super().close()


def csv_bytes(path: Path, dialect: Dialect = PLAIN) -> pa.NativeFile:
    """Open a CSV file for pyarrow's reader, see CsvBytes and Dialect.open."""
    return pa.PythonFile(CsvBytes(dialect.open(path)), mode="r")


def _around(content: bytes) -> str:
    """Return what stands before and behind the first NUL."""
    at = content.index(0)
    return repr(content[max(at - 10, 0) : at + 10].decode("utf-8", "replace"))


def _together(reader: csv.CSVStreamingReader) -> Iterator[pa.Table]:
    """Join batches to pieces of PIECE rows or a little more; at least one piece, maybe empty."""
    batches: list[pa.RecordBatch] = []
    for batch in reader:
        batches.append(batch)
        if sum(map(len, batches)) >= PIECE:
            yield pa.Table.from_batches(batches)
            batches = []
    yield pa.Table.from_batches(batches, reader.schema)


def _no_rows(schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches([], schema)  # not empty_table, which imports pandas


def _same_columns(found: list[str], expected: list[str], name: str) -> None:
    if found != expected:
        raise InputError(
            f"{name} has the columns {found}, its schema has {expected}; run the step that made it "
            "again"
        )
