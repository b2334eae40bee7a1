"""Where the reader cuts a CSV file into blocks does not show in its values."""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.tables import chunks, csv_types, table_files
from pipeline.tables.external_chunks import ForeignSource, TypedSource

ODD = ["\r\n", "\r", "\n", '"', ",", "\u2028", "\x85", "\x1a", "\ufeff", "a", "é", "\\", "'"]
TEXTS = st.none() | st.lists(st.sampled_from(ODD), max_size=40).map("".join)
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), max_size=8)
)
CRLF = pa.table({"a": ["x", "two\r\nlines", "", None, "\r\n\r\n", "\r\r\n"], "b": range(6)})


@contextmanager
def blocks(size: int) -> Iterator[None]:
    """Let files be read in blocks of so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (chunks, csv_types):
            patch.setattr(module, "FIRST_BLOCK", size)
        patch.setattr(chunks, "PIECE", 2)
        yield


def quoted(text: str | None) -> str:
    return "" if text is None else '"' + text.replace('"', '""') + '"'


@pytest.mark.slow
@given(drawn=TABLES, more=st.integers(1, 30))
@settings(deadline=None, max_examples=200)
def test_any_texts_in_small_blocks(tmp_path_factory: Any, drawn: Any, more: int) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    columns = list(zip(*drawn, strict=True)) or [()]
    names = [f"c{number}" for number in range(len(columns))]
    table = pa.table([pa.array(c, pa.string()) for c in columns], names=names)
    metadata = table_files.write(table, path)
    longest = max(len(",".join(map(quoted, row)).encode()) for row in [names, *drawn])
    with blocks(longest + more):
        source = table_files.Source(path, metadata)
        assert source.read().equals(table)
        for name in names:
            assert pa.concat_tables(source.pieces([name])).equals(table.select([name]))
        copied = [source.parsed(lines) for lines in source.lines() if len(lines)]
        assert pa.concat_tables([*copied, table.slice(0, 0)]).equals(table)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_somebody_elses_file_in_every_block_size(tmp_path: Path, suffix: str, end: str) -> None:
    path = tmp_path / f"t{suffix}"
    rows = [f"{quoted(row['a'])},{row['b']}" for row in CRLF.to_pylist()]
    content = (end.join(['"a",b', *rows]) + end).encode()
    path.write_bytes(gzip.compress(content) if suffix == ".csv.gz" else content)
    texts = CRLF.set_column(1, "b", CRLF["b"].cast(pa.string()))
    for size in range(1, len(content) + 2):
        with blocks(size):
            assert TypedSource(path, "t").read().equals(CRLF), size
            assert pa.concat_tables(ForeignSource(path, "t").pieces()).equals(texts), size


@pytest.mark.slow
def test_a_header_longer_than_a_block(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    table = pa.table({f"{'long' * 80} {number}": [1.5, None] for number in range(4000)})
    assert table_files.Source(path, table_files.write(table, path)).read().equals(table)
    assert path.stat().st_size > chunks.FIRST_BLOCK
    assert TypedSource(path, "t.csv").read().equals(table)


@pytest.mark.parametrize("content", [b"a,b\n1,\0\n", b"a\0,b\n1,2\n", b"a,b\n" * 9 + b"\0"])
@pytest.mark.parametrize("size", [3, 20, 2**20])
def test_a_nul_is_refused(tmp_path: Path, content: bytes, size: int) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    for kind in (TypedSource, ForeignSource):
        with blocks(size), pytest.raises(InputError) as caught:
            list(kind(path, "t.csv").pieces())
        assert str(caught.value).startswith("t.csv cannot be read as a table: a NUL stands in '")


class _Slow:
    """A file whose next read waits until it is told to go on."""

    def __init__(self) -> None:
        self.entered, self.go_on, self.closed = Event(), Event(), False

    def read(self, _size: int) -> bytes:
        self.entered.set()
        assert self.go_on.wait(10)
        assert not self.closed, "another file may have its number by now"
        return b"ab"

    def close(self) -> None:
        self.closed = True


def test_a_file_is_closed_after_the_read_that_is_under_way_and_not_read_again() -> None:
    file: Any = _Slow()
    content = chunks.CsvBytes(file)
    with ThreadPoolExecutor(2) as threads:
        reading = threads.submit(content.read, 2)
        assert file.entered.wait(10)
        closing = threads.submit(content.close)
        with pytest.raises(TimeoutError):
            closing.result(0.1)
        file.go_on.set()
        assert reading.result(10) == b"ab"
        closing.result(10)
    assert file.closed
    assert content.read(2) == b""
