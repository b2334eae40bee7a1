"""Tables come back from CSV and Parquet exactly as they were written."""

import base64
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.tables import column_types, table_files
from tests.processes import program

ROOT = Path(__file__).parents[2]
FORMATS = pytest.mark.parametrize("suffix", [".csv", ".parquet"])
NAN = float("nan")


def round_trip(table: pa.Table, path: Path) -> pa.Table:
    # Through JSON, as the metadata goes through a manifest.
    metadata = json.loads(json.dumps(table_files.write(table, path)))
    return table_files.read(path, metadata)


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


TEXTS = [*["", "NA", "null", "nan", "None", " a ", "1", "true", '"', '""', "a,b", "a\r\nb", "\r"]]
TEXTS += ["\n", "\ufeffx", "naïve ☃ \U0001f600", "\u2028", "\x1a", "'", "#", "\\", "\t"]


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
    words = pa.array([f"word {number % 97}" for number in range(5000)])
    parts = [words.slice(0, 33), words.slice(33)]
    whole = pa.table({"x": words, "c": words.dictionary_encode()})
    whole = whole.replace_schema_metadata({"made": "now"})
    encoded = pa.chunked_array([part.dictionary_encode() for part in parts])
    chunked = pa.table({"x": pa.chunked_array(parts), "c": encoded})
    first = table_files.write(whole, tmp_path / f"a{suffix}")
    second = table_files.write(chunked, tmp_path / f"b{suffix}")
    assert first == second
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_write_returns_what_the_manifest_should_say(tmp_path: Path) -> None:
    metadata = table_files.write(pa.table({"a": [1, 2], "b": ["x", None]}), tmp_path / "t.parquet")
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
        "NUL": pa.array(["a\x00b", "\x00", None]),
        "far": pa.array([10**6, None, -(10**7)], pa.int32()).cast(pa.date32()),
        "view": pa.array(["a", None, ""], pa.string_view()),
    })  # fmt: skip
    assert same(round_trip(table, tmp_path / "t.parquet"), table)


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
texts = st.none() | st.sampled_from(TEXTS) | words
floats = st.none() | st.floats().map(lambda x: NAN if x != x else x)
whole_numbers = st.none() | st.integers(-(2**63), 2**63 - 1)
rows = st.lists(st.tuples(texts, floats, whole_numbers, st.none() | st.booleans()), max_size=12)
check = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.slow
@given(rows)
@check
def test_any_rows_survive_csv(tmp_path: Path, drawn: list[tuple[object, ...]]) -> None:
    kinds = [pa.string(), pa.float64(), pa.int64(), pa.bool_()]
    columns = list(zip(*drawn, strict=True)) or [()] * 4
    table = pa.table([pa.array(c, k) for c, k in zip(columns, kinds, strict=True)], names="abcd")
    assert same(round_trip(table, tmp_path / "t.csv"), table)


@pytest.mark.slow
@given(st.lists(texts, max_size=12), words)
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


def test_schemas_are_not_made_anew_for_each_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain = column_types.plain
    monkeypatch.setattr(column_types, "plain", lambda f: asked.append(f.name) or plain(f))
    counts = []
    for columns in (20, 40):
        table = pa.table({f"c{number}": [1, 2] for number in range(columns)})
        source = table_files.Source(
            tmp_path / "t.csv", table_files.write(table, tmp_path / "t.csv")
        )
        asked.clear()
        assert source.read().equals(table)
        counts.append(len(asked))
    assert counts[1] <= 2 * counts[0]


def test_pandas_is_never_imported(tmp_path: Path) -> None:
    done = program("tables_without_pandas.py", tmp_path)
    assert done.status == 0, done.err
