"""What is refused of a table that somebody else wrote, in one line."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.tables.chunks import BLOCK, unpacked

SUFFIXES = (".parquet", ".csv", ".csv.gz")
# What means "missing" in a column of numbers, as in pandas.read_csv.
MISSING = (
    *("", "NA", "N/A", "n/a", "<NA>", "#NA", "#N/A", "#N/A N/A", "NULL", "null", "None"),
    *("NaN", "-NaN", "nan", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
PAGES = (b"<!doctype html", b"<html")


def table_suffix(path: Path, name: str) -> str:
    """Return which of SUFFIXES the path has; InputError when it has none."""
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise InputError(
        f"{name} is no table this can read: {path.name} must end in one of {', '.join(SUFFIXES)}"
    )


@contextmanager
def read_failures(name: str) -> Iterator[None]:
    """Turn the errors of reading a table into an InputError that names it."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise not_utf8(name) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        if "invalid UTF8 data" in reason:
            raise not_utf8(name) from error
        if "straddling" in reason:
            reason = f"a row is longer than {BLOCK} bytes, or a quotation mark is never closed"
        raise InputError(
            f"{name} cannot be read as a table: {reason[:300]}; check the file or get it again"
        ) from error


def checked_names(columns: Sequence[str], name: str) -> None:
    """Raise InputError when a table has no columns, or two of one name."""
    if not columns:
        raise InputError(f"{name} has no columns; give a table with at least one")
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise InputError(f"{name} has more than one column called {twice[0]!r}; rename them")


def check_start(path: Path, name: str) -> None:
    """Refuse what a server sends in place of a table, and text in UTF-16."""
    for file in (pa.input_stream(str(path), compression=None), unpacked(path)):
        with file:
            start = file.read(1024)
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(PAGES):
            raise InputError(f"{name} is an HTML page, not a table; check its address")
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise not_utf8(name)


def not_utf8(name: str) -> InputError:
    """Return the error of a file that is in some other encoding."""
    return InputError(f"{name} is not UTF-8 text; save it again as UTF-8")
