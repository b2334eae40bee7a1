"""Tables, read piece by piece."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from pipeline.errors import InputError
from pipeline.tables.csv_lines import convert_options
from pipeline.tables.external_tables import BLOCK

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
        for batch in file.iter_batches(batch_size=PIECE, columns=only):
            yield pa.Table.from_batches([batch]).select(wanted)


def csv_pieces(
    path: Path,
    types: Mapping[str, pa.DataType],
    wanted: list[str],
    ignore_empty_lines: bool = False,
) -> Iterator[pa.Table]:
    """Yield the rows of a CSV file, of the wanted columns; .csv.gz is unpacked on the way.

    `types` holds all its columns. In this project's files an empty line is a row. Errors are
    pyarrow's, OSError and UnicodeError.

    Raises:
        InputError: its columns are others.
    """
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=ignore_empty_lines)
    convert = convert_options(types)
    if wanted != list(types):
        convert.include_columns = wanted
    seen, block = 0, FIRST_BLOCK
    while block:
        reading = csv.ReadOptions(  # without threads, for a message that has the row's number
            use_threads=False, block_size=block, skip_rows_after_names=seen
        )
        block = 0
        try:
            with csv.open_csv(path, reading, parse, convert) as reader:
                _same_columns(reader.schema.names, wanted, path.name)
                for piece in _together(reader):
                    yield piece
                    seen += len(piece)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or reading.block_size == BLOCK:
                raise
            block = BLOCK  # for a row that is longer than a small block


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
