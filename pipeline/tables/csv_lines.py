"""The rows of this project's CSV files as lines of bytes: to copy a row nothing need be parsed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from pipeline.errors import InputError
from pipeline.tables import column_types
from pipeline.tables.chunks import BLOCK

LONGEST_ROW = 8 * 2**20  # bytes of text in a row; half of what the reader takes, for quotes
NUMBER = 24  # bytes; half of what the longest value of another type takes
NEWLINE, QUOTE = 10, 34
LINE = pa.schema([("line", pa.binary())])


def encode(block: pa.Table, header: bool = False) -> pa.Buffer:
    """Return the rows of a block of plain values, or its header alone, as CSV text.

    Raises:
        InputError: a row is too long, or a value that CSV cannot keep.
    """
    columns = {field.name: column_types.to_text(block[field.name], field) for field in block.schema}
    _refuse_long(columns)
    sink = pa.BufferOutputStream()
    table = pa.table(columns)
    csv.write_csv(
        table.slice(0, 0) if header else table, sink, csv.WriteOptions(include_header=header)
    )
    written = sink.getvalue()
    if not np.frombuffer(written, np.uint8).all():
        raise _with_nul(columns)
    return written


def _refuse_long(columns: Mapping[str, pa.ChunkedArray]) -> None:
    """Raise InputError where a row, or the header, may be longer than the reader takes."""
    texts = {n: column for n, column in columns.items() if column_types.is_text(column.type)}
    lengths = {n: pc.max(pc.binary_length(column)).as_py() or 0 for n, column in texts.items()}
    others = NUMBER * (len(columns) - len(texts))
    named = sum(len(name.encode()) + NUMBER for name in columns)
    for what, bytes_ in (("row", sum(lengths.values()) + others), ("header", named)):
        if bytes_ > LONGEST_ROW:
            most = max(lengths or columns, key=lambda name: lengths.get(name, len(name)))
            raise InputError(
                f"column {most[:40]!r}: with it a {what} of {bytes_:,} bytes is too long for CSV; "
                f"{column_types.INSTEAD}"
            )


def _with_nul(columns: Mapping[str, pa.ChunkedArray]) -> InputError:
    """Return the error of columns of which one has a NUL in its name or in a value."""
    for name, column in columns.items():
        held = [name] if "\0" in name else []
        if column_types.is_text(column.type) and not held:
            held = column.filter(pc.match_substring(column, "\0")).slice(0, 1).to_pylist()
        if held:
            at = max(held[0].index("\0") - 20, 0)
            return InputError(
                f"column {name!r}: CSV cannot keep the NUL in {held[0][at : at + 40]!r}; take it "
                f"out, or {column_types.INSTEAD}"
            )
    raise AssertionError("a NUL is in a name or in a text")


def convert_options(types: Mapping[str, pa.DataType]) -> csv.ConvertOptions:
    """Return how columns of these types are read back: an empty field without quotes is missing."""
    return csv.ConvertOptions(
        column_types=types,
        null_values=("",),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )


def decode(lines: pa.Table, types: Mapping[str, pa.DataType]) -> pa.Table:
    """Return the rows of a table of lines; `types` has the columns of the file in their order."""
    buffer = text(lines)
    reading = csv.ReadOptions(
        column_names=list(types), use_threads=False, block_size=max(len(buffer), 1)
    )
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    return csv.read_csv(pa.BufferReader(buffer), reading, parse, convert_options(types))


def text(lines: pa.Table) -> pa.Buffer:
    """Return the bytes of the lines, one after the other."""
    values = lines["line"].combine_chunks()
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return data.slice(int(ends[0]), int(ends[-1] - ends[0]))


def read(path: Path) -> Iterator[pa.Table]:
    """Yield the rows of a file as they are, header left out: tables with the one column `line`.

    Raises:
        ValueError: the file ends within a row.
    """
    rest, skipped = b"", 1  # the header
    with path.open("rb") as file:
        while chunk := file.read(BLOCK):
            text = rest + chunk
            ends = _row_ends(np.frombuffer(text, np.uint8))
            if not len(ends):
                rest = text
                continue
            offsets = np.concatenate([[0], ends + 1]).astype(np.int32)[skipped:]
            skipped = 0
            buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
            lines = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
            yield pa.table([lines], schema=LINE)
            rest = text[ends[-1] + 1 :]
    if rest:
        raise ValueError("it ends within a row")


def _row_ends(text: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return where the rows end: at newlines with an even number of quotes before them."""
    newlines, quotes = np.flatnonzero(text == NEWLINE), np.flatnonzero(text == QUOTE)
    ends: NDArray[np.intp] = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    return ends
