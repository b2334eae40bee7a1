"""How a file of text is written, from its beginning, in bounded time and memory."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.config.preprocess import TAB, Read
from pipeline.tables.reading import cells, encodings, forms, layout
from pipeline.tables.reading.dialect import PLAIN, Dialect
from pipeline.tables.reading.packed import inner_name, unpacked

START = 2**18  # bytes looked at
ENCODING = 2**23  # bytes in which a sign is looked for that is no UTF-8
ROWS = 1000
BLANKS = (".txt", ".dat", ".data", ".tsv")  # where blanks may be the separator


@dataclass
class Sample:
    """What was seen of a text.

    Attributes:
        dialect: how it is written.
        columns: the first values of each column, by its number.
        layouts: of a column, by its number, how its dates may be written.
    """

    dialect: Dialect = PLAIN
    columns: list[list[str]] = field(default_factory=list)
    layouts: dict[int, list[str]] = field(default_factory=dict)


def sample_of(path: Path, read: Read) -> Sample:
    """Look at the beginning of a text; what `read` says is not guessed.

    Raises:
        UnicodeDecodeError: it is not in the encoding that it was said to be in.
    """
    start, encoding = _start(path, read)
    text = encodings.text_of(start[:START], encoding)
    lines = re.split("\r\n|\r|\n", text)
    if len(start) >= START and len(lines) > 1:
        lines.pop()  # cut off
    elif read.footer:
        full = [number for number, line in enumerate(lines) if line.strip()]
        lines = lines[: full[-read.footer]] if len(full) > read.footer else []
    comment = layout.comment_mark(lines) if read.comment is None else read.comment
    lines = [line for line in lines if not (comment and line.startswith(comment))]
    name = inner_name(path, read.member).lower()
    separator = _separator(read)
    if said := layout.named_separator(lines):
        separator, lines[0] = separator or said, ""
    found = layout.layout_of(lines, separator, read.quote, read.escape,
                             name.endswith(BLANKS))  # fmt: skip
    skip = layout.preamble(lines, found) if read.skip is None else read.skip
    rows = layout.rows_of(lines[skip:], found, ROWS)
    padded = found.separator not in " \t" and _are_padded(rows)
    dialect = Dialect(
        separator=found.separator, padded=padded, encoding=encoding, quote=found.quote,
        escape=found.escape, comment=comment, skip=skip, footer=read.footer,
        names=tuple(read.names), missing=tuple(read.missing), text=tuple(read.text),
        member=read.member,
    )  # fmt: skip
    if padded:
        rows = [[cell.strip(" ") for cell in row] for row in rows]
    return _with_cells(dialect, read, rows)


def _start(path: Path, read: Read) -> tuple[bytes, str]:
    """Return the beginning of a file, and its encoding, for which more of it is looked at."""
    with unpacked(path, read.member) as file:
        start = file.read(START)
        if read.encoding is not None:
            return start, read.encoding
        encoding = encodings.encoding_of(start)
        if encoding == "utf-8" and len(start) == START:
            further = file.read(ENCODING)
            encoding = "utf-8" if further.isascii() else encodings.encoding_of(start + further)
    return start, encoding


def _with_cells(dialect: Dialect, read: Read, rows: layout.Rows) -> Sample:
    """Return the sample with what its values say."""
    width = max(map(len, rows), default=0)
    body = [row for row in rows if len(row) == width]
    every = [list(column) for column in zip(*body, strict=True)]
    values = [cells.present(column[1:], dialect.missing) for column in every]
    bare = [[forms.without_sign(cell) for cell in column] if forms.sign_of(column) else column
            for column in values]  # fmt: skip
    texts = [column for column in bare if column and any(map(str.isdigit, column[0]))]
    decimal = read.decimal or cells.decimal_mark(texts, dialect.separator)
    thousands = read.thousands
    if thousands is None:
        marked = [column for column in texts if not cells.are_plain(column, decimal)]
        thousands = cells.thousands_mark(marked, decimal)
    header = read.header
    if header is None:
        header = not read.names and (len(body) < 2 or cells.has_header(body, decimal))
    columns = [column[1:] if header else column for column in every]
    if header and not read.names and every and [c[0] for c in every].count("") > 1:
        dialect = replace(dialect, names=tuple(c[0] or f"f{n}" for n, c in enumerate(every)))
    also = cells.spellings(columns, decimal, thousands)
    found = replace(dialect, decimal=decimal, thousands=thousands, header=header,
                    also_missing=tuple(w for w in also if w not in dialect.missing))  # fmt: skip
    return Sample(found, columns, _layouts(columns, found, read))


def _layouts(columns: list[list[str]], dialect: Dialect, read: Read) -> dict[int, list[str]]:
    """Return how dates may be written in the columns in which there are some."""
    found = {}
    for number, column in enumerate(columns):
        values = cells.present(column, dialect.missing)
        if values and read.dates:
            found[number] = cells.layouts_of(values, read.dates)
        elif values and not cells.are_plain(values, dialect.decimal):
            found[number] = cells.layouts_of(values)
    return {number: layouts for number, layouts in found.items() if layouts}


def _separator(read: Read) -> str | None:
    return "\t" if read.separator in TAB else read.separator


def _are_padded(rows: layout.Rows) -> bool:
    """Say whether a blank stands after each separator."""
    later = [cell for row in rows for cell in row[1:] if cell]
    return len(later) > 1 and all(cell.startswith(" ") for cell in later)
