"""Tables come back as they were written, and somebody else's as they are meant."""

import base64
import datetime as dt
import gzip
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import tables
from pipeline.errors import InputError

ROOT = Path(__file__).parents[2]
FORMATS = pytest.mark.parametrize("suffix", [".csv", ".parquet"])
NAN = float("nan")


def round_trip(table: pa.Table, path: Path) -> pa.Table:
    # Through JSON, as the metadata goes through a manifest.
    metadata = json.loads(json.dumps(tables.write(table, path)))
    return tables.read(path, metadata)


def same(left: pa.Table, right: pa.Table) -> bool:
    """Compare types and values, floats by their bits."""
    if not left.schema.equals(right.schema) or left.num_rows != right.num_rows:
        return False
    return all(_same(left[name], right[name]) for name in left.column_names)


def dictionary(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks().dictionary


def _same(left: pa.ChunkedArray, right: pa.ChunkedArray) -> bool:
    if pa.types.is_dictionary(left.type):
        left, right = left.cast(left.type.value_type), right.cast(right.type.value_type)
    if not pa.types.is_floating(left.type):
        return left.equals(right)
    bits = {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[left.type.bit_width]
    missing = left.is_null().equals(right.is_null())
    views = [column.drop_null().combine_chunks().view(bits) for column in (left, right)]
    return missing and views[0].equals(views[1])


# Round trips -----------------------------------------------------------------------------------

TEXTS = [*["", "NA", "null", "nan", "None", " a ", "1", "true", '"', '""', "a,b", "a\r\nb", "\r"]]
TEXTS += ["\n", "\ufeffx", "naïve ☃ \U0001f600", "\u2028", "a\x00b", "'", "#", "\\", "\t"]


def categorical(categories: pa.Array) -> pa.Array:
    """Return a column with these categories, each once from the last to the first, and a gap."""
    codes = pa.array([*reversed(range(len(categories))), None], pa.int16())
    return pa.DictionaryArray.from_arrays(codes, categories)


COLUMNS = {
    "text": pa.array([*TEXTS, None]),
    "large text": pa.array(["", "NA", None], pa.large_string()),
    "int64": pa.array([2**63 - 1, -(2**63), 0, None]),
    "uint64": pa.array([2**64 - 1, 2**53 + 1, None], pa.uint64()),
    "int8": pa.array([-128, 127, None], pa.int8()),
    "float64": pa.array([NAN, float("inf"), float("-inf"), -0.0, 1e-310, 5e-324, 0.1, 1e22, None]),
    "float32": pa.array([NAN, -0.0, 1e-45, 16777217.0, 0.1, None], pa.float32()),
    "bool": pa.array([True, False, None]),
    "null": pa.nulls(3),
    "date32": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
    "date64": pa.array([dt.date(1969, 12, 31), None], pa.date64()),
    "time": pa.array([dt.time(23, 59, 59, 999999), None]),
    "time32": pa.array([0, 86399, None], pa.time32("s")),
    "decimal": pa.array([Decimal("-0.10"), Decimal("99999999.99"), None], pa.decimal128(10, 2)),
    "small decimal": pa.array([Decimal("1E-30"), None], pa.decimal128(38, 30)),
    "category": pa.array(["b", "a", None, "b", "", "NA"]).dictionary_encode(),
    "ordered": pa.DictionaryArray.from_arrays(
        pa.array([2, 0, None], pa.int8()), pa.array(["low", "middle", "high"]), ordered=True
    ),
    "numbers": pa.DictionaryArray.from_arrays(pa.array([1, 0, None]), pa.array([7, 5, 6])),
    "fractions": categorical(pa.array([0.1, -0.0, 0.0, NAN, 1e-310, 7.0])),
    "days": categorical(pa.array([dt.date(2020, 1, 1), dt.date(1, 1, 1)])),
    "times": categorical(pa.array([5, -4_000_000_000], pa.timestamp("s", "Europe/Berlin"))),
    "flags": categorical(pa.array([True, False])),
    "amounts": categorical(pa.array([Decimal("1.50"), Decimal("0.00")])),
    "large texts": categorical(pa.array(["b", "", "a"], pa.large_string())),
    "no categories": categorical(pa.nulls(0)),
    "no text": pa.array([], pa.string()),
    "no category": pa.array([], pa.dictionary(pa.int8(), pa.string())),
    "only missing": pa.array([None, None], pa.string()),
    "no numbers": pa.array([None, None], pa.int64()),
} | {
    f"timestamp {unit} {zone}": pa.array([0, -1, 1_700_000_000, None], pa.timestamp(unit, zone))
    for unit in ("s", "ms", "us", "ns")
    for zone in (None, "UTC", "Europe/Berlin", "+02:00")
}


@FORMATS
@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS.keys())
def test_a_column_alone_comes_back_exactly(column: pa.Array, suffix: str, tmp_path: Path) -> None:
    table = pa.table({"x": column})
    back = round_trip(table, tmp_path / f"table{suffix}")
    assert same(back, table)
    if pa.types.is_dictionary(column.type):
        categories = [pa.table({"x": c}) for c in (dictionary(back["x"]), column.dictionary)]
        assert same(*categories)


@FORMATS
def test_columns_side_by_side_come_back_exactly(suffix: str, tmp_path: Path) -> None:
    columns = {
        name: pa.concat_arrays([column, pa.nulls(30 - len(column), column.type)])
        for name, column in COLUMNS.items()
    }
    table = pa.table(columns)
    assert same(round_trip(table, tmp_path / f"table{suffix}"), table)


def test_old_local_time_with_seconds_off_utc_survives_csv(tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([-4_000_000_000], pa.timestamp("s", "Europe/Berlin"))})
    assert same(round_trip(table, tmp_path / "t.csv"), table)


@FORMATS
@pytest.mark.parametrize("name", ["", 'a"b', "a,b", "x\ny", " a ", "é", "\ufeffa"])
def test_column_names_survive(name: str, suffix: str, tmp_path: Path) -> None:
    table = pa.table({name: [1, None], "other": ["a", ""]})
    assert same(round_trip(table, tmp_path / f"t{suffix}"), table)


@FORMATS
def test_chunks_with_different_categories_become_one_column(suffix: str, tmp_path: Path) -> None:
    parts = [pa.array(words).dictionary_encode() for words in (["a", "b"], ["c", "a", None])]
    back = round_trip(pa.table({"x": pa.chunked_array(parts)}), tmp_path / f"t{suffix}")
    assert back["x"].cast(pa.string()).to_pylist() == ["a", "b", "c", "a", None]


@FORMATS
def test_the_same_content_gives_the_same_bytes_however_it_is_chunked(
    suffix: str, tmp_path: Path
) -> None:
    words = [f"word {number % 97}" for number in range(5000)]
    whole = pa.table({"x": words, "y": range(5000)}).replace_schema_metadata({"made": "now"})
    parts = pa.concat_tables([whole.slice(0, 1333), whole.slice(1333)])
    first = tables.write(whole, tmp_path / f"a{suffix}")
    second = tables.write(parts.replace_schema_metadata(None), tmp_path / f"b{suffix}")
    assert first == second
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_write_returns_what_the_manifest_should_say(tmp_path: Path) -> None:
    metadata = tables.write(pa.table({"a": [1, 2], "b": ["x", None]}), tmp_path / "t.parquet")
    assert metadata["rows"] == 2
    assert metadata["columns"] == {"a": "int64", "b": "string"}
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(metadata["arrow_schema"])))
    assert schema == pa.schema({"a": pa.int64(), "b": pa.string()})
    assert schema.metadata is None


def test_not_null_is_kept(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("a", pa.int64(), nullable=False)])
    back = round_trip(pa.table({"a": [1]}, schema=schema), tmp_path / "t.csv")
    assert not back.schema.field("a").nullable


def test_parquet_keeps_what_csv_cannot(tmp_path: Path) -> None:
    table = pa.table({
        "list": pa.array([[1, None], None, []]),
        "struct": pa.array([{"a": 1}, None, {"a": None}]),
        "binary": pa.array([b"\x00\xff", b"", None]),
        "duration": pa.array([1, None, -1], pa.duration("s")),
        "half": pa.array([1.5, None, NAN], pa.float16()),
    })  # fmt: skip
    assert same(round_trip(table, tmp_path / "t.parquet"), table)


texts = st.none() | st.sampled_from(TEXTS) | st.text(max_size=8)
floats = st.none() | st.floats().map(lambda x: NAN if x != x else x)
whole_numbers = st.none() | st.integers(-(2**63), 2**63 - 1)
rows = st.lists(st.tuples(texts, floats, whole_numbers, st.none() | st.booleans()), max_size=12)
check = settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(rows)
@check
def test_any_rows_survive_csv(tmp_path: Path, drawn: list[tuple[object, ...]]) -> None:
    kinds = [pa.string(), pa.float64(), pa.int64(), pa.bool_()]
    columns = list(zip(*drawn, strict=True)) or [()] * 4
    table = pa.table([pa.array(c, k) for c, k in zip(columns, kinds, strict=True)], names="abcd")
    assert same(round_trip(table, tmp_path / "t.csv"), table)


@given(st.lists(texts, max_size=12), st.text(max_size=4))
@check
def test_any_single_column_of_texts_survives_csv(
    tmp_path: Path, drawn: list[str | None], name: str
) -> None:
    plain = pa.table({name: pa.array(drawn, pa.string())})
    assert same(round_trip(plain, tmp_path / "t.csv"), plain)
    categories = pa.table({name: pa.array(drawn, pa.string()).dictionary_encode()})
    assert same(round_trip(categories, tmp_path / "t.csv"), categories)


@given(st.lists(floats, max_size=12))
@check
def test_any_floats_survive_csv(tmp_path: Path, drawn: list[float | None]) -> None:
    table = pa.table({"x": pa.array(drawn, pa.float64())})
    assert same(round_trip(table, tmp_path / "t.csv"), table)


# Refusals of write and read --------------------------------------------------------------------

UNFIT = {
    "list": pa.array([[1]]),
    "struct": pa.array([{"a": 1}]),
    "binary": pa.array([b"a"]),
    "duration": pa.array([1], pa.duration("s")),
    "halffloat": pa.array([1.0], pa.float16()),
    "decimal256": pa.array([Decimal(1)], pa.decimal256(50, 3)),
}


@pytest.mark.parametrize(("kind", "column"), UNFIT.items(), ids=UNFIT.keys())
def test_csv_refuses_types_it_cannot_keep(kind: str, column: pa.Array, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"'odd'.*{kind}.*\.parquet"):
        tables.write(pa.table({"fine": [1], "odd": column}), tmp_path / "t.csv")
    assert not (tmp_path / "t.csv").exists()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2932897], pa.int32()).cast(pa.date32()),
        pa.array([-62_200_000_000], pa.timestamp("s")),
        pa.array([253_402_300_800], pa.timestamp("s", "UTC")),
    ],
)
def test_csv_refuses_years_it_cannot_read_back(column: pa.Array, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'when'.*9999"):
        tables.write(pa.table({"when": column}), tmp_path / "t.csv")


def test_csv_keeps_long_texts_and_refuses_rows_it_cannot_read_back(tmp_path: Path) -> None:
    long = pa.table({"x": ['"' * (8 * 2**20 - 1), "short"] * 2})
    assert same(round_trip(long, tmp_path / "t.csv"), long)
    with pytest.raises(InputError, match=r"too long.*\.parquet"):
        tables.write(pa.table({"x": ["a" * (8 * 2**20 + 1)]}), tmp_path / "t.csv")


@FORMATS
@pytest.mark.parametrize(
    ("categories", "message"), [([b"x"], r"'odd'.*binary"), (["a", None], r"'odd'.*missing")]
)
def test_categories_that_are_no_plain_values_are_refused(
    categories: list[object], message: str, suffix: str, tmp_path: Path
) -> None:
    column = categorical(pa.array(categories))
    for odd in (column, pa.chunked_array([column, column])):
        with pytest.raises(InputError, match=message):
            tables.write(pa.table({"odd": odd}), tmp_path / f"t{suffix}")


@FORMATS
def test_tables_without_columns_or_with_the_same_column_twice_are_refused(
    suffix: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no columns"):
        tables.write(pa.table({}), tmp_path / f"t{suffix}")
    with pytest.raises(InputError, match="more than one column called 'a'"):
        tables.write(pa.table([[1], [2]], names=["a", "a"]), tmp_path / f"t{suffix}")


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        tables.write(pa.table({"a": [1]}), tmp_path / "t.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\nx,y\n", r"conversion error to int64: invalid value 'x'"),
        ("a,c\n1,y\n", r"columns \['a', 'c'\], its schema has \['a', 'b'\]"),
        ("a,b\n1,other\n", "'b' holds other values than its categories"),
        ("a,b\n1\n", r"Row #2: Expected 2 columns, got 1"),
    ],
)
def test_csv_that_does_not_fit_its_schema_is_refused(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    metadata = tables.write(pa.table({"a": [1], "b": pa.array(["y"]).dictionary_encode()}), path)
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        tables.read(path, metadata)


def test_without_a_schema_types_are_inferred(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,NA\n2,x\n")
    assert tables.read(tmp_path / "t.csv").to_pylist() == [
        {"a": 1, "b": "NA"},
        {"a": 2, "b": "x"},
    ]


# Somebody else's tables ------------------------------------------------------------------------


def foreign(content: bytes, folder: Path, name: str = "table.csv") -> pa.Table:
    path = folder / "download"  # the name, not the path, says what it is
    path.write_bytes(content)
    return tables.read_foreign(path, name)


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
    "not UTF-8": ("a,b\né,1\n".encode("latin-1"), "t.csv", "not UTF-8"),
    "header not UTF-8": ("é,b\n1,2\n".encode("latin-1"), "t.csv", "not UTF-8"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "t.csv", "not UTF-8"),
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
    "unknown suffix": (b"a\n1\n", "t.xlsx", r"\.parquet, \.csv, \.csv\.gz"),
    "no suffix": (b"a\n1\n", "csv", r"\.parquet, \.csv, \.csv\.gz"),
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
        tables.read_foreign(tmp_path / "t.csv", "t.csv")


def test_pandas_is_never_imported(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
import pyarrow as pa
from pyarrow import csv
from pipeline import tables
source = pa.BufferReader(b'a,b,c,d\\n1,x,2020-01-01 10:00:00,0.5\\n,"",,\\n')
table = csv.read_csv(source)  # pa.table of lists would import pandas by itself
table = table.set_column(1, "b", table["b"].dictionary_encode())
for name in ("t.csv", "t.parquet"):
    path = Path(sys.argv[1], name)
    assert tables.read(path, tables.write(table, path)).equals(table)
    tables.read_foreign(path, name)
assert "pandas" not in sys.modules
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
