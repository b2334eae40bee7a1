"""Writing a table piece by piece, as CSV or Parquet."""

import base64
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.tables import column_types, csv_lines

BLOCK_BYTES = 2**26  # about the size in memory of the rows that are written together
TEXT_BYTES = 32  # what a text is taken for
WORKERS = 2  # that turn blocks into text


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
        schema: as given.
        is_csv: whether the file is CSV.

    Raises:
        InputError: a column that the format cannot keep.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        if path.suffix not in (".csv", ".parquet"):
            raise InputError(f"cannot write a table to {path.name}: use .csv or .parquet")
        self.schema, self.is_csv = schema, path.suffix == ".csv"
        self._plain = pa.schema(map(column_types.plain, schema))
        self._path, self._rows = path, 0
        self._waiting: list[pa.Table] = []
        self._file: CsvFile | ParquetFile
        self._file = CsvFile(path, self._plain) if self.is_csv else ParquetFile(path, schema)
        self.metadata: dict[str, Any] = {}

    def write(self, piece: pa.Table) -> None:
        """Add rows, with categories or as plain values."""
        columns = [column_types.values(piece[f.name], f) for f in self.schema]
        self._waiting.append(pa.table(columns, schema=self._plain))
        size = block_rows(self.schema)
        if sum(map(len, self._waiting)) >= size:
            waiting = pa.concat_tables(self._waiting)
            whole = len(waiting) // size * size
            for start in range(0, whole, size):
                self._write_block(waiting.slice(start, size))
            self._waiting = [waiting.slice(whole)]

    def write_lines(self, lines: pa.Table) -> None:
        """Add rows of another CSV file of the same schema, see Source.lines."""
        assert isinstance(self._file, CsvFile)
        assert not self._waiting
        self._rows += len(lines)
        self._file.append(csv_lines.text(lines))

    def _write_block(self, block: pa.Table) -> None:
        """Write the rows of one Parquet row group, or so many lines of CSV."""
        self._rows += len(block)
        self._file.write(block.combine_chunks())  # where pieces end must not show

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        whole = False
        try:
            if kind is None and self._waiting and len(rest := pa.concat_tables(self._waiting)):
                self._write_block(rest)
            self._file.close()
            whole = kind is None
        finally:
            if not whole:
                self._path.unlink(missing_ok=True)
        self.metadata = {
            "rows": self._rows,
            "columns": {field.name: str(field.type) for field in self.schema},
            "arrow_schema": base64.b64encode(self.schema.serialize().to_pybytes()).decode(),
        }


class CsvFile:
    """A CSV file; blocks are turned into text by threads, in which most of the time goes."""

    def __init__(self, path: Path, plain: pa.Schema) -> None:
        for field in plain:
            if not column_types.fits_csv(field.type):
                raise InputError(
                    f"column {field.name!r}: CSV cannot keep {field.type}; {column_types.INSTEAD}"
                )
        header = csv_lines.encode(pa.Table.from_batches([], plain), header=True)
        self._file = path.open("wb")
        self._file.write(header)
        self._workers = ThreadPoolExecutor(WORKERS)
        self._coming: deque[Future[pa.Buffer]] = deque()

    def write(self, block: pa.Table) -> None:
        """Add a block of plain values."""
        self._coming.append(self._workers.submit(csv_lines.encode, block))
        if len(self._coming) > WORKERS:
            self.append(self._coming.popleft().result())

    def append(self, text: pa.Buffer) -> None:
        """Add text."""
        self._file.write(text)

    def close(self) -> None:
        """Write what is left; the file is closed in any case."""
        try:
            while self._coming:
                self.append(self._coming.popleft().result())
        finally:
            self._workers.shutdown()
            self._file.close()


class ParquetFile:
    """A Parquet file; each block is a row group, written by a thread."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        bare = pa.schema([field.remove_metadata() for field in schema])
        self._schema = schema
        try:
            self._writer = pq.ParquetWriter(path, bare, compression="zstd")
        except pa.ArrowNotImplementedError as error:
            path.unlink(missing_ok=True)
            raise InputError(f"cannot write {path.name} as Parquet: {error}") from error
        self._worker = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def write(self, block: pa.Table) -> None:
        """Add a block of plain values."""
        if self._writing:
            self._writing.result()
        self._writing = self._worker.submit(self._write, block)

    def _write(self, block: pa.Table) -> None:
        columns = [column_types.encoded(block[field.name], field) for field in self._schema]
        self._writer.write_table(pa.table(columns, schema=self._writer.schema))

    def close(self) -> None:
        """Write what is left and the footer; the file is closed in any case."""
        try:
            if self._writing:
                self._writing.result()
        finally:
            self._worker.shutdown()
            self._writer.close()


def _is_fixed(kind: pa.DataType) -> bool:
    return bool(pa.types.is_primitive(kind) or pa.types.is_decimal(kind))
