"""Tables that somebody else wrote, read piece by piece: larger than memory."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.preprocess import Read
from pipeline.errors import InputError
from pipeline.tables import column_types, csv_types
from pipeline.tables.chunks import csv_pieces
from pipeline.tables.csv_lines import convert_options
from pipeline.tables.external_tables import (
    EXCEL,
    JSON_LINES,
    TEXTS,
    check_start,
    check_texts,
    checked_names,
    not_utf8,
    read_failures,
    table_suffix,
)
from pipeline.tables.other_tables import Files, ParquetTable, Table
from pipeline.tables.reading import forms, texts
from pipeline.tables.reading.columns import Columns
from pipeline.tables.reading.dialect import PLAIN
from pipeline.tables.reading.records import Records
from pipeline.tables.reading.rows import excel_rows, json_rows
from pipeline.tables.reading.sniff import Sample, sample_of

AS_IT_LOOKS = Read()


class ForeignSource:
    """A file of unknown origin with a table, in one of FORMATS, whose CSV columns are all text.

    How CSV is written is found out from its beginning. A field with nothing in it, not even quotes,
    is missing.

    Args:
        path: the file; its suffix says what it is.
        name: what the user calls it in messages, a file name or a URL.
        read: what is known of how it is to be read.

    Attributes:
        name: as given.
        schema: names and types, plain values in place of categories.
        is_csv: whether all columns are text for that reason.
        rows: how many there are; None: only reading them tells.
        said: in words, how it is read where that is not plain.
        settings: the same as settings of Read, where there are such.

    Raises:
        InputError: it is no such table, or is broken; also while it is read.
    """

    TYPED = False

    def __init__(self, path: Path, name: str, read: Read = AS_IT_LOOKS) -> None:
        self._path, self.name, self._dialect = path, name, PLAIN
        self.said: list[str] = []
        self.settings: dict[str, object] = {}
        with read_failures(name):
            suffix = "" if path.is_dir() else table_suffix(path, name, read.member)
            self.is_csv = suffix in TEXTS
            if suffix:
                check_start(path, name, read.member)
            if self.is_csv:
                self.rows: int | None = None
                self.schema = self._csv_schema(sample_of(path, read))
            else:
                self._table = self._opened(suffix, read)
                self.schema, self.rows = self._table.schema, self._table.rows
                self.said = self._table.said
            checked_names(self.schema.names, name)

    def _csv_schema(self, sample: Sample) -> pa.Schema:
        """Return the schema of a CSV file, of which a sample was looked at."""
        self._dialect, self._layouts = sample.dialect, sample.layouts
        self.said, self.settings = self._dialect.said(), self._dialect.settings()
        first = csv_types.first_schema(self._path, self._dialect)
        checked_names(first.names, self.name)
        return self._typed(sample, first)

    def _typed(self, sample: Sample, first: pa.Schema) -> pa.Schema:
        return pa.schema([(name, pa.string()) for name in first.names])

    def _opened(self, suffix: str, read: Read) -> Table:
        """Return a table that is no CSV."""
        if suffix in (".json", *JSON_LINES):
            rows = json_rows(self._path, suffix in JSON_LINES, read)
            return Records(rows, read.missing, read.text)
        if suffix in EXCEL:
            return Records(excel_rows(self._path, read, self.name), read.missing, read.text)
        if suffix == ".parquet":
            return ParquetTable(self._path, read.member, self.TYPED)
        return Files(self._path)

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order, as tables of plain values; pieces may be empty."""
        bare = pa.schema(map(column_types.plain, self.schema))
        with read_failures(self.name):
            for piece in self._csv() if self.is_csv else self._table.pieces():
                values = [column_types.values(piece[field.name], field) for field in self.schema]
                check_texts(values, bare, self.name)
                yield pa.table(values, schema=bare)

    def _csv(self) -> Iterator[pa.Table]:
        return self._texts(self.schema.names)

    def _texts(self, names: list[str]) -> Iterator[pa.Table]:
        """Yield the texts of some columns as they stand."""
        options = convert_options(dict.fromkeys(names, pa.string()))
        options.include_columns = names
        return csv_pieces(self._path, options, names, True, self._dialect)

    def number_texts(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return texts of this file that stand for numbers, as Python would write these."""
        values = forms.unsigned(texts.without(values, self._dialect.null_values))
        if self._dialect.thousands:
            values = pc.replace_substring_regex(values, forms.mark(self._dialect.thousands), "")
        return pc.replace_substring(values, self._dialect.decimal, ".")

    def date_texts(self, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return texts of this file that stand for dates in ISO 8601, where it is sure how."""
        values = texts.without(values, self._dialect.null_values)
        layouts = self._layouts.get(self.schema.names.index(name), [])
        form = forms.date(layouts[0]) if len(layouts) == 1 else None
        # Where some value is none, the model says which row it is.
        return form.read(values).cast(pa.string()) if form and form.fits(values) else values


class TypedSource(ForeignSource):
    """The same, with the types that all values of a CSV column have.

    In columns of numbers, dates and booleans the usual spellings of NA are missing, in columns of
    text only an empty field without quotes is, and what `read` says. Numbers that would lose
    something stay text. Categories of a Parquet file are in the schema, as `schema_of` keeps them.
    A table without rows is refused when all has been read.
    """

    TYPED = True

    def _typed(self, sample: Sample, first: pa.Schema) -> pa.Schema:
        self._columns = columns = Columns(sample, first, self.name)
        schema = csv_types.all_types(self._path, columns.first, self._dialect, columns.see)
        if any(pa.types.is_binary(kind) for kind in schema.types):
            raise not_utf8(self.name)
        if names := columns.to_look_at(schema):
            for piece in self._texts(names):
                columns.look(piece)
        schema = columns.schema(schema)
        self.said += columns.said(schema)
        return schema

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order, as tables of plain values; InputError when there are none."""
        rows = 0
        for piece in super().pieces():
            rows += len(piece)
            yield piece
        if not rows:
            raise InputError(f"{self.name} has no rows; give a table with at least one")

    def _csv(self) -> Iterator[pa.Table]:
        """Read the texts and the other columns side by side: what is missing differs in them."""
        found = self._columns
        plain = [f.name for f in self.schema if pa.types.is_string(f.type) or f.name in found.forms]
        others = {f.name: f.type for f in self.schema if f.name not in plain}
        loose = self._dialect.loose(others)
        reading = [self._texts(plain)] if plain else []
        if others:
            reading.append(csv_pieces(self._path, loose, list(others), True, self._dialect))
        for pieces in zip(*reading, strict=True):
            columns = {name: piece[name] for piece in pieces for name in piece.column_names}
            yield pa.table({n: self._meant(n, columns[n]) for n in self.schema.names})

    def _meant(self, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return what the values of a column stand for."""
        if name in self._columns.forms:
            return self._columns.forms[name].read(self._columns.values(values))
        if name in self._columns.as_text:
            return self._columns.values(values)
        if self._dialect.missing and pa.types.is_string(values.type):
            return texts.without(values, self._dialect.missing)
        return values

    def read(self) -> pa.Table:
        """Return the whole table, with its categories."""
        return column_types.with_categories(pa.concat_tables(self.pieces()), self.schema)


def read_foreign(path: Path, name: str, read: Read = AS_IT_LOOKS) -> pa.Table:
    """Read the whole of a table of unknown origin, see TypedSource."""
    return TypedSource(path, name, read).read()
