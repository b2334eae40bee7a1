"""The rows of JSON files and of workbooks, as mappings."""

import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.tables.reading.packed import unpacked
from pipeline.tables.reading.records import Row
from pipeline.tables.reading.stream import CHUNK, split

EXACT = 2**53  # a double keeps whole numbers below it


def json_rows(path: Path, lines: bool, read: Read) -> Callable[[], Iterable[Row]]:
    """Return what gives the rows of a JSON file: an object in each line, or one value of all.

    Raises:
        ValueError: it is no JSON, or none of records.
    """
    if lines:
        return lambda: _lines(path, read)
    with unpacked(path, read.member) as file:
        content = file.read()
    if _is_lines(content):
        return lambda: _lines(path, read)
    rows = _records(json.loads(content))
    return lambda: rows


def _is_lines(content: bytes) -> bool:
    first, _, rest = content.strip().partition(b"\n")
    return first.startswith(b"{") and first.rstrip().endswith(b"}") and rest.lstrip()[:1] == b"{"


def _lines(path: Path, read: Read) -> Iterator[Row]:
    with unpacked(path, read.member) as file:
        for number, line in enumerate(split(iter(lambda: file.read(CHUNK), b"")), 1):
            yield from _row(line, number)


def _row(line: bytes, number: int) -> Iterator[Row]:
    if line.strip():
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is no object but {line[:40]!r}")
        yield row


def _records(content: Any) -> list[Row]:
    """Return the rows of a list of objects, or of an object of columns (lists, or by index)."""
    if isinstance(content, dict) and len(content) == 1:
        (only,) = content.values()
        if isinstance(only, list) and only and isinstance(only[0], dict):
            content = only
    if isinstance(content, dict) and content:
        columns = [c if isinstance(c, list) else list(c.values()) if isinstance(c, dict) else None
                   for c in content.values()]  # fmt: skip
        lengths = {-1 if column is None else len(column) for column in columns}
        if len(lengths) == 1 and -1 not in lengths:
            rows = zip(*(column or [] for column in columns), strict=True)
            return [dict(zip(content, row, strict=True)) for row in rows]
    if isinstance(content, list) and all(isinstance(row, dict) for row in content):
        return content
    raise ValueError("it holds no list of objects, as [{...}, {...}], and no object of columns")


def excel_rows(path: Path, read: Read, name: str) -> Callable[[], Iterable[Row]]:
    """Return what gives the rows of a sheet; its first row with a value has the names.

    Raises:
        InputError: the package that reads workbooks is not there, or the sheet is not.
    """
    try:
        calamine = importlib.import_module("python_calamine")
    except ModuleNotFoundError:
        raise InputError(
            f"{name}: python-calamine reads workbooks and is not installed: uv sync --extra excel "
            "(or pip install python-calamine), or save the sheet as .csv"
        ) from None
    with unpacked(path, read.member) as file, _workbook(calamine, file.read(), name) as book:
        if read.sheet is not None and read.sheet not in book.sheet_names:
            held = ", ".join(book.sheet_names)
            raise InputError(f"data.read.sheet: {name} has no {read.sheet!r}; it has {held}")
        sheet = book.get_sheet_by_name(read.sheet or book.sheet_names[0]).to_python()
    cells = [[_cell(value) for value in row] for row in sheet[read.skip or 0 :]]
    cells = [row for row in cells if any(value is not None for value in row)]
    cells = cells[: len(cells) - read.footer]
    width = max(map(len, cells), default=0)
    header = read.header if read.header is not None else not read.names
    top = cells[0] if header and cells else []
    names = read.names or [f"f{n}" if n >= len(top) or top[n] is None else str(top[n])
                           for n in range(width)]  # fmt: skip
    if len({*names}) < len(names) or len(names) != width:
        raise InputError(
            f"{name} has {width} columns called {names}: name each with data.read.names"
        )
    return lambda: (dict(zip(names, row, strict=True)) for row in cells[header:])


def _workbook(calamine: Any, content: bytes, name: str) -> Any:
    from io import BytesIO

    try:
        return calamine.CalamineWorkbook.from_filelike(BytesIO(content))
    except calamine.CalamineError as error:
        raise InputError(f"{name} is no workbook that can be read: {error}; get it again") from None


def _cell(value: Any) -> Any:
    """Return a value of a cell; Excel keeps whole numbers as others."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    return None if value == "" else value
