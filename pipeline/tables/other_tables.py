"""Tables in files that are no CSV: Parquet, one file or a folder of them, Feather, JSON, Excel."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from pipeline.tables import column_types
from pipeline.tables.chunks import PIECE, parquet_pieces
from pipeline.tables.reading.dialect import shown
from pipeline.tables.reading.folders import parquet_files
from pipeline.tables.reading.packed import is_packed, unpacked


class Table(Protocol):
    """The rows of a file, with what is kept of their types; `said`: what is done to them."""

    schema: pa.Schema
    rows: int | None
    said: list[str]

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order."""


def _flat(schema: pa.Schema) -> pa.Schema:
    """Return the schema with text in place of what is no plain value: lists, structures, maps."""
    return pa.schema([f.with_type(pa.string()) if pt.is_nested(f.type) else f for f in schema])


def _nested(schema: pa.Schema) -> list[str]:
    names = [field.name for field in schema if pt.is_nested(field.type)]
    return [f"{shown(names)} kept as text, in JSON"] if names else []


def _as_json(piece: pa.Table) -> pa.Table:
    """Return rows with JSON in place of what is no plain value."""
    for number, field in enumerate(piece.schema):
        if pt.is_nested(field.type):
            texts = [None if value is None else json.dumps(value, default=str, ensure_ascii=False)
                     for value in piece[field.name].to_pylist()]  # fmt: skip
            column = pa.chunked_array([pa.array(texts, pa.string())])
            piece = piece.set_column(number, field.with_type(pa.string()), column)
    return piece


class ParquetTable:
    """A Parquet file; the categories of a column are those of its row groups, in order.

    Args:
        path: the file, perhaps packed.
        member: of a .zip.
        typed: whether the schema has them, which takes a look at all row groups, and what is no
            plain value becomes text.
    """

    def __init__(self, path: Path, member: str | None, typed: bool) -> None:
        self._path, self._member = path, member
        with pq.ParquetFile(self._file(), pre_buffer=False) as file:
            self._names = file.schema_arrow.names
            self.rows: int | None = file.metadata.num_rows
            self.said = _nested(file.schema_arrow) if typed else []
            found = _flat(file.schema_arrow) if typed else file.schema_arrow
            names = [field.name for field in found if pt.is_dictionary(field.type)]
            if typed:
                coded = _categories(file, names)
                self.schema = pa.schema([column_types.kept(coded, field) for field in found])
            else:
                plain = [column_types.plain(field).remove_metadata() for field in found]
                self.schema = pa.schema(plain)

    def _file(self) -> Any:
        packed = is_packed(self._path)
        return pa.BufferReader(unpacked(self._path, self._member).read()) if packed else self._path

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order."""
        pieces = parquet_pieces(self._file(), self._names, self._names, self._path.name)
        return map(_as_json, pieces) if self.said else pieces


def _categories(file: pq.ParquetFile, names: list[str]) -> pa.Table:
    """Return some columns without their rows, but with the categories of every row group."""
    parts = [pa.Table.from_batches([], file.schema_arrow).select(names)]
    for group in range(file.num_row_groups if names else 0):
        parts.append(_no_rows(file.read_row_group(group, columns=names).select(names)))
    return pa.concat_tables(parts)


def _no_rows(table: pa.Table) -> pa.Table:
    """Return the table without its rows, but with the categories of every chunk."""
    columns = [
        pa.chunked_array([chunk.slice(0, 0) for chunk in column.chunks], column.type)
        for column in table.columns
    ]
    return pa.table(columns, table.schema)


class Files:
    """A Feather file, or the Parquet files of a folder, in the order of their names.

    The columns are those of all files; where one has none, values are missing. Folders called
    `name=value` are a column. Categories become plain values.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow.dataset as ds

        folder = path.is_dir()
        files = list(map(str, parquet_files(path) if folder else [path]))
        about = {"format": "parquet" if folder else "feather"}
        if folder:
            about |= {"partitioning": "hive", "partition_base_dir": str(path)}
        first = ds.dataset(files, **about)
        parts = [first.schema, *(part.physical_schema for part in first.get_fragments())]
        plain = [pa.schema(map(column_types.plain, part.remove_metadata())) for part in parts]
        whole = pa.unify_schemas(plain, promote_options="permissive")
        self._dataset = ds.dataset(files, schema=whole, **about)
        self.schema, self.said = _flat(whole), _nested(whole)
        self.rows: int | None = self._dataset.count_rows()

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order."""
        for batch in self._dataset.to_batches(batch_size=PIECE):
            yield _as_json(pa.Table.from_batches([batch]))
