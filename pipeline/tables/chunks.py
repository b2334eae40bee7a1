"""Tables, read piece by piece."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from pipeline.errors import InputError

BLOCK = 16 * 2**20  # bytes of CSV read at a time; no row can be longer
FIRST_BLOCK = 2**20  # of CSV, where memory counts: the reader takes 35 times as much
PIECE = 2**16  # rows read at a time


def parquet_pieces(path: Path, columns: list[str], wanted: list[str]) -> Iterator[pa.Table]:
    """Yield a Parquet file's rows, of the wanted columns; errors are pyarrow's and OSError.

    Raises:
        InputError: its columns are others than `columns`.
    """
    with pq.ParquetFile(path, pre_buffer=False) as file:
        _same_columns(file.schema_arrow.names, columns, path.name)
        only = None if wanted == columns else wanted
        yield _no_rows(file.schema_arrow).select(wanted)
        for group in range(file.num_row_groups):  # lists of categories cannot be read across two
            for batch in file.iter_batches(PIECE, [group], columns=only):
                yield pa.Table.from_batches([batch]).select(wanted)


def csv_pieces(
    path: Path, convert: csv.ConvertOptions, names: list[str], ignore_empty_lines: bool = False
) -> Iterator[pa.Table]:
    """Yield the rows of a CSV file; .csv.gz is unpacked on the way.

    Args:
        path: the file.
        convert: the types of the columns; `include_columns`, if only some are read.
        names: the columns that are read, in order.
        ignore_empty_lines: in this project's files an empty line is a row.

    Raises:
        InputError: its columns are others. Other errors are pyarrow's, OSError and UnicodeError.
    """
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=ignore_empty_lines)
    seen, block = 0, FIRST_BLOCK
    while block:
        reading = csv.ReadOptions(  # without threads, for a message that has the row's number
            use_threads=False, block_size=block, skip_rows_after_names=seen
        )
        block = 0
        try:
            with unpacked(path) as file, csv.open_csv(file, reading, parse, convert) as reader:
                _same_columns(reader.schema.names, names, path.name)
                for piece in _together(reader):
                    yield piece
                    seen += len(piece)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or reading.block_size == BLOCK:
                raise
            block = BLOCK  # for a row that is longer than a small block


def unpacked(path: Path) -> pa.NativeFile:
    """Open a file to read the bytes that it holds, or that are packed in it by gzip."""
    packed = path.name.lower().endswith(".gz")
    return pa.input_stream(str(path), compression="gzip" if packed else None)


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
