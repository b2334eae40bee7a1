"""Somebody else's tables are read as they are meant, or refused in one line."""

import datetime as dt
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.tables import table_files


def foreign(content: bytes, folder: Path, name: str = "table.csv") -> pa.Table:
    path = folder / name
    path.write_bytes(content)
    return table_files.read_foreign(path, name)


def test_missing_values_depend_on_the_type_of_the_column(tmp_path: Path) -> None:
    content = b"""n,f,t,b,d
1,0.5,NA,true,2020-01-01
NA,nan,"",NA,
,None,,,NULL
null,2,None,false,
2,3,rock,,
"""
    table = foreign(content, tmp_path)
    assert table["n"].to_pylist() == [1, None, None, None, 2]
    assert table["f"].to_pylist() == [0.5, None, None, 2.0, 3.0]
    assert table["t"].to_pylist() == ["NA", "", None, "None", "rock"]
    assert table["b"].to_pylist() == [True, None, None, False, None]
    assert table["d"].to_pylist() == [dt.date(2020, 1, 1), *[None] * 4]


def test_a_column_in_which_everything_is_missing_has_no_type(tmp_path: Path) -> None:
    assert foreign(b"a,b\n1,NA\n2,\n", tmp_path)["b"].equals(pa.chunked_array([pa.nulls(2)]))


def test_numbers_in_quotes_are_numbers_and_may_be_missing(tmp_path: Path) -> None:
    table = foreign(b'"n","t"\n"1","x"\n"",""\n', tmp_path)
    assert table.to_pydict() == {"n": [1, None], "t": ["x", ""]}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfa,b\n1,x\n2,y\n",
        b"a,b\r\n1,x\r\n2,y\r\n",
        b"a,b\n1,x\n2,y",
        b"a,b\n1,x\n\n2,y\n",
    ],
    ids=["byte order mark", "CRLF", "no last newline", "blank line"],
)
def test_harmless_differences_between_csv_files(content: bytes, tmp_path: Path) -> None:
    expected = {"a": [1, 2], "b": ["x", "y"]}
    assert foreign(content, tmp_path).to_pydict() == expected
    assert foreign(gzip.compress(content), tmp_path, "A.CSV.GZ").to_pydict() == expected


def test_newlines_and_quotes_inside_texts(tmp_path: Path) -> None:
    table = foreign(b'a,b\n1,"x\ny ""z"", w"\n2,v\n', tmp_path)
    assert table.to_pydict() == {"a": [1, 2], "b": ['x\ny "z", w', "v"]}


@pytest.mark.slow
def test_a_text_late_in_a_column_of_numbers_makes_it_text(tmp_path: Path) -> None:
    content = b"a\n" + b"1\n" * 9_000_000 + b"x\n"  # beyond the first block that is read
    table = foreign(content, tmp_path)
    assert table["a"].type == pa.string()
    assert table["a"][9_000_000].as_py() == "x"


def parquet_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def test_parquet_is_read_without_its_metadata(tmp_path: Path) -> None:
    table = pa.table({"a": [1, None], "b": ["NA", ""]}).replace_schema_metadata({"pandas": "{}"})
    back = foreign(parquet_bytes(table), tmp_path, "t.parquet")
    assert back.equals(table)
    assert back.schema.metadata is None


NUMBERS = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 1000) for n in range(20000))
PARQUET = parquet_bytes(pa.table({"a": list(range(10000))}))
PAGE = b"\n <!DOCTYPE html>\n<html><body>not found</body></html>"
BAD = {
    "ragged": (b"a,b\n1,2\n3\n", "t.csv", r"Row #3: Expected 2 columns, got 1"),
    "ragged late": (NUMBERS + b"1,2,3\n", "t.csv", r"Row #20002: Expected 2 columns, got 3"),
    "HTML": (PAGE, "t.csv", "HTML page"),
    "HTML as gzip": (PAGE, "t.csv.gz", "HTML page"),
    "HTML in gzip": (gzip.compress(b"\xef\xbb\xbf<HTML>"), "t.csv.gz", "HTML page"),
    "HTML as Parquet": (PAGE, "t.parquet", "HTML page"),
    "empty": (b"", "t.csv", "Empty CSV file"),
    "blank": (b"\n\n", "t.csv", "Empty CSV file"),
    "header": (b"a,b", "t.csv", "Empty CSV file"),
    "no rows": (b"a,b\n", "t.csv", "no rows"),
    "empty gzip": (gzip.compress(b""), "t.csv.gz", "Empty CSV file"),
    "cut gzip": (gzip.compress(NUMBERS)[:-9], "t.csv.gz", "Truncated compressed stream"),
    "half gzip": (gzip.compress(NUMBERS)[:9000], "t.csv.gz", "Truncated compressed stream"),
    "no gzip": (NUMBERS, "t.csv.gz", "inflate failed"),
    "never closed quote": (b'a,b\n1,"x\n' + b"2,y\n" * 9_000_000, "t.csv", "never closed"),
    "same name twice": (b"a,a\n1,x\n", "t.csv", "more than one column called 'a'"),
    "cut Parquet": (PARQUET[:500], "t.parquet", "Parquet magic bytes not found"),
    "damaged Parquet": (PARQUET[:100] + b"\0" * 200 + PARQUET[300:], "t.parquet", "Corrupt"),
    "empty Parquet": (b"", "t.parquet", "size is 0 bytes"),
    "no Parquet": (NUMBERS, "t.parquet", "Parquet magic bytes not found"),
    "no rows in Parquet": (parquet_bytes(pa.table({"a": []})), "t.parquet", "no rows"),
    "no columns": (parquet_bytes(pa.table({})), "t.parquet", "no columns"),
    "unknown suffix": (b"a\n1\n", "t.sav", r"\.parquet, .*packed as \.gz"),
    "no suffix": (b"a\n1\n", "csv", r"\.parquet, .*packed as \.gz"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "name", "message"), BAD.values(), ids=BAD.keys())
def test_what_is_no_usable_table_is_refused_in_one_line(
    content: bytes, name: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        foreign(content, tmp_path, name)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^t\.csv cannot be read"):
        table_files.read_foreign(tmp_path / "t.csv", "t.csv")


def test_without_a_schema_types_are_inferred(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,NA\n2,x\n")
    assert table_files.read(tmp_path / "t.csv").to_pylist() == [
        {"a": 1, "b": "NA"},
        {"a": 2, "b": "x"},
    ]
