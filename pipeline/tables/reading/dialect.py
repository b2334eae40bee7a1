"""How a CSV file is written, and the options and bytes by which pyarrow's reader understands it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from pipeline.tables.reading.packed import unpacked
from pipeline.tables.reading.stream import Bytes, Lines

# What means "missing" in a column of numbers, as in pandas.read_csv.
MISSING = (
    *("", "NA", "N/A", "n/a", "<NA>", "#NA", "#N/A", "#N/A N/A", "NULL", "null", "None"),
    *("NaN", "-NaN", "nan", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
FOUND = ("padded", "also_missing")  # always
NAMES = {"\t": "tab", " ": "blanks"}


@dataclass(frozen=True)
class Dialect:
    """How the text of a table is written; the defaults are an ordinary CSV file.

    Attributes:
        separator: between the fields; " ": any number of blanks or tabs.
        padded: whether blanks after a separator are no part of the value.
        decimal: the decimal mark.
        thousands: between groups of three digits; "": nothing.
        encoding: as Python calls it.
        quote: around a field; "": nothing.
        escape: before a quote in a field; "": it is doubled.
        comment: what lines begin with that are left out; "": nothing.
        header: whether the first row has the names of the columns.
        names: of the columns, in place of those of the header.
        skip: lines before the header, without comments.
        footer: lines at the end that are left out.
        missing: what besides an empty field means a missing value, in columns of text as well.
        also_missing: what means it besides MISSING where a column holds no text.
        text: columns that stay text.
        member: of a .zip.
    """

    separator: str = ","
    padded: bool = False
    decimal: str = "."
    thousands: str = ""
    encoding: str = "utf-8"
    quote: str = '"'
    escape: str = ""
    comment: str = ""
    header: bool = True
    names: tuple[str, ...] = ()
    skip: int = 0
    footer: int = 0
    missing: tuple[str, ...] = ()
    also_missing: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    member: str | None = None

    @property
    def null_values(self) -> tuple[str, ...]:
        """What means "missing" in a column that holds no text."""
        return (*MISSING, *self.missing, *self.also_missing)

    def parse(self, ignore_empty_lines: bool = True) -> csv.ParseOptions:
        """Return what pyarrow calls so."""
        return csv.ParseOptions(
            delimiter="\t" if self.separator == " " else self.separator,
            quote_char=self.quote or False,
            escape_char=self.escape or False,
            newlines_in_values=True,
            ignore_empty_lines=ignore_empty_lines,
        )

    def reading(self, block: int, seen: int = 0) -> csv.ReadOptions:
        """Return what pyarrow calls so: blocks of so many bytes, the first rows left out."""
        return csv.ReadOptions(  # without threads, for a message that has the row's number
            use_threads=False,
            block_size=block,
            skip_rows=self.skip + (1 if self.header and self.names else 0),
            skip_rows_after_names=seen,
            column_names=list(self.names),
            autogenerate_column_names=not (self.header or self.names),
        )

    def loose(self, types: dict[str, pa.DataType]) -> csv.ConvertOptions:
        """Return how columns that hold no text are read: every spelling of missing is missing."""
        return csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=self.null_values,
            strings_can_be_null=False,
            quoted_strings_can_be_null=True,
            decimal_point=self.decimal,
        )

    def open(self, path: Path) -> Bytes:
        """Open the file: UTF-8 text without comments and footer."""
        file = unpacked(path, self.member)
        if self.encoding not in ("utf-8", "utf-8-sig"):
            file = pa.transcoding_input_stream(file, self.encoding, "utf-8")
        lines = Lines(self.separator, self.padded, self.quote, self.comment, self.footer)
        return lines.changed(file)

    def said(self) -> list[str]:
        """Return in words how it differs from an ordinary CSV file."""
        words = {
            "separator": f"separator {NAMES.get(self.separator, repr(self.separator))}",
            "padded": "blanks after separators left out",
            "decimal": f"decimal mark {self.decimal!r}",
            "thousands": f"thousands mark {self.thousands!r}",
            "encoding": f"encoding {self.encoding}",
            "quote": f"quotes {self.quote}" if self.quote else "no quotes",
            "escape": f"escape {self.escape}",
            "comment": f"lines that begin with {self.comment!r} left out",
            "header": "no header",
            "names": f"columns called {shown(self.names)}",
            "skip": f"{_lines(self.skip)} at the beginning left out",
            "footer": f"{_lines(self.footer)} at the end left out",
            "missing": f"missing: {shown(self.missing)}",
            "also_missing": f"missing where other values are no text: {shown(self.also_missing)}",
        }
        return [text for name, text in words.items() if name in self._others()]

    def settings(self) -> dict[str, object]:
        """Return what of it a person can say (Read), where it differs from an ordinary CSV file."""
        others = {name: value for name, value in self._others().items() if name not in FOUND}
        lists = {name: list(v) if isinstance(v, tuple) else v for name, v in others.items()}
        lists |= {"header": True} if self.names and self.header else {}
        return lists | ({"separator": "tab"} if self.separator == "\t" else {})

    def _others(self) -> dict[str, object]:
        plain = {field.name: field.default for field in fields(self)}
        return {n: getattr(self, n) for n in plain if getattr(self, n) != plain[n]}


PLAIN = Dialect()


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"


def shown(words: Iterable[str], most: int = 5) -> str:
    """Return some words in quotes, and how many there are besides."""
    listed = list(words)
    rest = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(map(repr, listed[:most])) + rest
