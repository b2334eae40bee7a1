"""Tables that somebody else wrote: read as they are meant, or refused in one line."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from pipeline.errors import InputError

SUFFIXES = (".parquet", ".csv", ".csv.gz")
BLOCK = 16 * 2**20  # bytes of CSV read at a time; no row can be longer
# What means "missing" in a column of numbers, as in pandas.read_csv.
MISSING = (
    *("", "NA", "N/A", "n/a", "<NA>", "#NA", "#N/A", "#N/A N/A", "NULL", "null", "None"),
    *("NaN", "-NaN", "nan", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
PAGES = (b"<!doctype html", b"<html")


def read_foreign(path: Path, name: str) -> pa.Table:
    """Read a table of unknown origin: .parquet, .csv or .csv.gz.

    The path's suffix says what it is; `name` is what the user calls it in messages, a file name
    or a URL. CSV is UTF-8 text with commas and a header. Its types are inferred; in columns of
    numbers, dates and booleans the usual spellings of NA are missing, in columns of text only
    an empty field without quotes is. Raises InputError when it is no such table, is broken or
    has no rows.
    """
    suffix = table_suffix(path, name)
    packed = suffix == ".csv.gz"
    with read_failures(name):
        check_start(path, name, packed)
        table = read_parquet(path) if suffix == ".parquet" else _read_csv(path, name, packed)
    checked_names(table, name)
    if table.num_rows == 0:
        raise InputError(f"{name} has no rows; give a table with at least one")
    return table


def table_suffix(path: Path, name: str) -> str:
    """Return which of SUFFIXES the path has; InputError when it has none."""
    for known in SUFFIXES:
        if path.name.lower().endswith(known):
            return known
    raise InputError(
        f"{name} is no table this can read: {path.name} must end in one of {', '.join(SUFFIXES)}"
    )


def read_parquet(path: Path) -> pa.Table:
    """Read a Parquet file without its metadata; errors are pyarrow's and OSError."""
    # Not pq.read_table, which imports pandas.
    with pq.ParquetFile(path) as file:
        return file.read().replace_schema_metadata(None)


def parse_csv(
    path: Path,
    packed: bool = False,
    exact: bool = True,
    ignore_empty_lines: bool = True,
    **convert: Any,
) -> pa.Table:
    """Parse a CSV file, gzip-packed or not; errors are pyarrow's, OSError and UnicodeError.

    With `exact`, an empty field without quotes is missing and nothing else; without it, the
    spellings in MISSING are missing and texts never are. `convert` holds further
    pyarrow.csv.ConvertOptions.
    """
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=ignore_empty_lines)
    options = csv.ConvertOptions(
        null_values=("",) if exact else MISSING,
        strings_can_be_null=exact,
        quoted_strings_can_be_null=not exact,
        **convert,
    )

    def parsed(threads: bool) -> pa.Table:
        reading = csv.ReadOptions(use_threads=threads, block_size=BLOCK)
        with pa.input_stream(str(path), compression="gzip" if packed else None) as source:
            return csv.read_csv(source, reading, parse, options)

    try:
        return parsed(threads=True)
    except pa.ArrowInvalid:
        return parsed(threads=False)  # fails too, but with the number of the row


@contextmanager
def read_failures(name: str) -> Iterator[None]:
    """Turn the errors of reading a table into an InputError that names it."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise _not_utf8(name) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        if "straddling" in reason:
            reason = f"a row is longer than {BLOCK} bytes, or a quotation mark is never closed"
        raise InputError(
            f"{name} cannot be read as a table: {reason[:300]}; check the file or get it again"
        ) from error


def checked_names(table: pa.Table, name: str) -> None:
    """Raise InputError when the table has no columns, or two of one name."""
    if table.num_columns == 0:
        raise InputError(f"{name} has no columns; give a table with at least one")
    twice = [column for column, count in Counter(table.column_names).items() if count > 1]
    if twice:
        raise InputError(f"{name} has more than one column called {twice[0]!r}; rename them")


def _read_csv(path: Path, name: str, packed: bool) -> pa.Table:
    """Read a CSV file in two passes: the first finds the types, the second the texts."""
    table = parse_csv(path, packed, exact=False)
    checked_names(table, name)
    if any(pa.types.is_binary(field.type) for field in table.schema):
        raise _not_utf8(name)
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    if texts:
        types = dict.fromkeys(texts, pa.string())
        exact = parse_csv(path, packed, include_columns=texts, column_types=types)
        for text in texts:
            table = table.set_column(table.column_names.index(text), text, exact[text])
    return table


def check_start(path: Path, name: str, packed: bool) -> None:
    """Refuse what a server sends in place of a table, and text in UTF-16."""
    for compression in (None, "gzip") if packed else (None,):
        with pa.input_stream(str(path), compression=compression) as source:
            start = source.read(1024)
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(PAGES):
            raise InputError(f"{name} is an HTML page, not a table; check its address")
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise _not_utf8(name)


def _not_utf8(name: str) -> InputError:
    return InputError(f"{name} is not UTF-8 text; save it again as UTF-8")
