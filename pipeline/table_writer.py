"""Writing a table piece by piece, as CSV or Parquet."""

import base64
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from pipeline import column_types
from pipeline.errors import InputError

LONGEST_ROW = 8 * 2**20  # bytes of text in a CSV row; half of what the reader takes, for quotes
BLOCK_BYTES = 2**26  # about the size in memory of the rows that are written together
TEXT_BYTES = 32  # what a text is taken for


def block_rows(schema: pa.Schema) -> int:
    """Return how many rows of such a table are handled together: of wide rows, fewer."""
    widths = [field.type.bit_width // 8 if _is_fixed(field.type) else TEXT_BYTES
              for field in map(column_types.plain, schema)]  # fmt: skip
    return max(1024, min(2**17, BLOCK_BYTES // max(sum(widths), 1)))


class Writer:
    """Writes a table to a .csv or .parquet file, piece by piece.

    Args:
        path: the file; when writing fails it is removed.
        schema: as `schema_of` and `Source.schema` say it.

    Attributes:
        metadata: when all is written, `rows`, `columns` (name to type) and `arrow_schema`, the
            serialized schema in base64, with which `read` gives the same table again.

    Raises:
        InputError: a column that the format cannot keep.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        if path.suffix not in (".csv", ".parquet"):
            raise InputError(f"cannot write a table to {path.name}: use .csv or .parquet")
        self._path, self._schema = path, schema
        self._plain = pa.schema(map(column_types.plain, schema))
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._sink = self._open()
        self.metadata: dict[str, Any] = {}

    def _open(self) -> Any:
        if self._path.suffix == ".parquet":
            bare = pa.schema([field.remove_metadata() for field in self._schema])
            try:
                return pq.ParquetWriter(self._path, bare, compression="zstd")
            except pa.ArrowNotImplementedError as error:
                self._path.unlink(missing_ok=True)
                raise InputError(f"cannot write {self._path.name} as Parquet: {error}") from error
        for field in self._plain:
            if not column_types.fits_csv(field.type):
                raise InputError(
                    f"column {field.name!r}: CSV cannot keep {field.type}; use .parquet"
                )
        text = [field.with_type(column_types.text_type(field.type)) for field in self._plain]
        return csv.CSVWriter(self._path, pa.schema(text))

    def write(self, piece: pa.Table) -> None:
        """Add rows, with categories or as plain values."""
        columns = [column_types.values(piece[f.name], f) for f in self._schema]
        self._waiting.append(pa.table(columns, schema=self._plain))
        size = block_rows(self._schema)
        if sum(map(len, self._waiting)) >= size:
            waiting = pa.concat_tables(self._waiting)
            whole = len(waiting) // size * size
            for start in range(0, whole, size):
                self._write_block(waiting.slice(start, size))
            self._waiting = [waiting.slice(whole)]

    def _write_block(self, block: pa.Table) -> None:
        """Write the rows of one Parquet row group, or so many lines of CSV."""
        self._rows += len(block)
        block = block.combine_chunks()  # where pieces end must not show
        if self._path.suffix == ".csv":
            self._sink.write_table(_as_text(block))
            return
        columns = [column_types.encoded(block[field.name], field) for field in self._schema]
        self._sink.write_table(pa.table(columns, schema=self._sink.schema))

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._waiting and len(rest := pa.concat_tables(self._waiting)):
                self._write_block(rest)
        except BaseException:
            kind = BaseException
            raise
        finally:
            self._sink.close()
            if kind is not None:
                self._path.unlink(missing_ok=True)
        self.metadata = {
            "rows": self._rows,
            "columns": {field.name: str(field.type) for field in self._schema},
            "arrow_schema": base64.b64encode(self._schema.serialize().to_pybytes()).decode(),
        }


def _as_text(block: pa.Table) -> pa.Table:
    """Return the block with columns that pyarrow writes to CSV without loss."""
    columns = {field.name: column_types.to_text(block[field.name], field) for field in block.schema}
    texts = [column for column in columns.values() if column_types.is_text(column.type)]
    longest = sum(pc.max(pc.binary_length(column)).as_py() or 0 for column in texts)
    if longest > LONGEST_ROW:
        raise InputError(f"texts of {longest} bytes are too long for a CSV row; use .parquet")
    return pa.table(columns)


def _is_fixed(kind: pa.DataType) -> bool:
    return bool(pa.types.is_primitive(kind) or pa.types.is_decimal(kind))
