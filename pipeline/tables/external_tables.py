"""What is refused of a table that somebody else wrote, in one line."""

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.tables import column_types
from pipeline.tables.chunks import BLOCK
from pipeline.tables.reading.packed import PACKINGS, inner_name, is_packed, unpacked

TEXTS = (".csv", ".tsv", ".txt", ".dat", ".data")
JSON_LINES = (".jsonl", ".ndjson")
EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
FEATHER = (".feather", ".arrow")
FORMATS = (".parquet", *TEXTS, ".json", *JSON_LINES, *EXCEL, *FEATHER)
PACKED = (*PACKINGS, ".zip")
SUFFIXES = (*FORMATS, *PACKED)
RAGGED = (
    "check the file, or say how it is written with data.read (separator, quote, comment, skip, "
    "footer)"
)
RENAME = "rename them (data.read.header=true and data.read.names name those of a CSV file)"
PAGES = (b"<!doctype html", b"<html")


def table_suffix(path: Path, name: str, member: str | None = None) -> str:
    """Return which of FORMATS a file has, or what is packed in it; InputError when it has none.

    What a packing other than .zip holds without a suffix of its own is text.
    """
    inner = inner_name(path, member).lower()
    for suffix in FORMATS:
        if inner.endswith(suffix):
            if suffix in FEATHER and is_packed(path):
                raise InputError(f"{name}: unpack {inner} first, which is read in place")
            return suffix
    if path.suffix.lower() in PACKINGS and "." not in inner:
        return ".csv"
    packed = "" if inner == path.name.lower() else f" (in {path.name})"
    raise InputError(
        f"{name} is no table this can read: {inner}{packed} must end in one of "
        f"{', '.join(FORMATS)}, which may be packed as {', '.join(PACKED)}"
    )


@contextmanager
def read_failures(name: str) -> Iterator[None]:
    """Turn the errors of reading a table into an InputError that names it."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise not_utf8(name, error.encoding) from error
    except zipfile.BadZipFile as error:
        raise InputError(f"{name} is no whole .zip: {error}; get it again") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        if "invalid UTF8 data" in reason:
            raise not_utf8(name) from error
        if "straddling" in reason:
            reason = f"a row is longer than {BLOCK} bytes, or a quotation mark is never closed"
        how = RAGGED if "columns, got" in reason else "check the file or get it again"
        raise InputError(f"{name} cannot be read as a table: {reason[:300]}; {how}") from error


def checked_names(columns: Sequence[str], name: str) -> None:
    """Raise InputError when a table has no columns, or two of one name."""
    if not columns:
        raise InputError(f"{name} has no columns; give a table with at least one")
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise InputError(f"{name} has more than one column called {twice[0]!r}; {RENAME}")


def check_start(path: Path, name: str, member: str | None = None) -> None:
    """Refuse what a server sends in place of a table."""
    for file in (pa.input_stream(str(path), compression=None), unpacked(path, member)):
        with file:
            start = file.read(1024)
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(PAGES):
            raise InputError(f"{name} is an HTML page, not a table; check its address")


def not_utf8(name: str, encoding: str = "utf-8") -> InputError:
    """Return the error of a file that is in some other encoding."""
    called = encoding.upper().replace("UTF8", "UTF-8")
    return InputError(
        f"{name} is not {called} text; say what it is with data.read.encoding (cp1252, utf-16), or "
        "save it as UTF-8"
    )


def check_texts(columns: list[pa.ChunkedArray], schema: pa.Schema, name: str) -> None:
    """Refuse texts that are none; Parquet's reader takes any bytes for one."""
    for field, column in zip(schema, columns, strict=True):
        if column_types.is_text(field.type):
            try:
                column.validate(full=True)
            except pa.ArrowInvalid:
                raise not_utf8(f"column {field.name!r} of {name}") from None
