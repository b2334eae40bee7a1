"""What a table file cannot keep is refused when it is written, damage when it is read."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.tables import table_files

FORMATS = pytest.mark.parametrize("suffix", [".csv", ".parquet"])

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
        table_files.write(pa.table({"fine": [1], "odd": column}), tmp_path / "t.csv")
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
        table_files.write(pa.table({"when": column}), tmp_path / "t.csv")


def test_csv_keeps_long_texts_and_refuses_rows_it_cannot_read_back(tmp_path: Path) -> None:
    long = pa.table({"x": ['"' * (8 * 2**20 - 1), "short"] * 2})
    path = tmp_path / "t.csv"
    assert table_files.read(path, table_files.write(long, path)).equals(long)
    with pytest.raises(InputError, match=r"too long.*\.parquet"):
        table_files.write(pa.table({"x": ["a" * (8 * 2**20 + 1)]}), tmp_path / "t.csv")


NUL = "CSV cannot keep the NUL in 'a.x00b'; take it out, or use .parquet"
NO_TEXT = pa.Array.from_buffers(
    pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"a\xff")]
)
NOT_KEPT = [
    (pa.table({"odd": ["fine", None, "a\0b"]}), NUL),
    (pa.table({"odd": pa.array(["a\0b"], pa.large_string())}), NUL),
    (pa.table({"odd": pa.array(["a\0b", "c"]).dictionary_encode()}), NUL),
    (pa.table({"a\0b": [1]}), NUL),
    (pa.table({"odd": NO_TEXT}), "Invalid UTF8 sequence at string index 0; use .parquet"),
    (pa.table({"odd": pa.array([86400]).cast(pa.int32()).view(pa.time32("s"))}), "not within the"),
    (pa.table({"odd": pa.array([1]).view(pa.date64())}), "not represent a whole number of days"),
    (pa.table({"fine": [1], "odd" * 3 * 2**20: [1]}), "a header of 9,437,236 bytes is too long"),
    (pa.table({f"odd{n}": ["b" * 2**20] for n in range(9)}), "a row of 9,437,184 bytes is too"),
]


@pytest.mark.parametrize(("table", "said"), NOT_KEPT, ids=range(len(NOT_KEPT)))
def test_csv_refuses_values_and_names_it_cannot_keep(
    table: pa.Table, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=rf"^column '(odd|a.x00b).*{said}") as caught:
        table_files.write(table, tmp_path / "t.csv")
    assert "\n" not in str(caught.value)
    assert "data.format=parquet" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@FORMATS
@pytest.mark.parametrize(
    ("categories", "message"), [([b"x"], r"'odd'.*binary"), (["a", None], r"'odd'.*missing")]
)
def test_categories_that_are_no_plain_values_are_refused(
    categories: list[object], message: str, suffix: str, tmp_path: Path
) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, None]), pa.array(categories))
    for odd in (column, pa.chunked_array([column, column])):
        with pytest.raises(InputError, match=message):
            table_files.write(pa.table({"odd": odd}), tmp_path / f"t{suffix}")


@FORMATS
def test_tables_without_columns_or_with_the_same_column_twice_are_refused(
    suffix: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no columns"):
        table_files.write(pa.table({}), tmp_path / f"t{suffix}")
    with pytest.raises(InputError, match="more than one column called 'a'"):
        table_files.write(pa.table([[1], [2]], names=["a", "a"]), tmp_path / f"t{suffix}")


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        table_files.write(pa.table({"a": [1]}), tmp_path / "t.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\nx,y\n", r"conversion error to int64: invalid value 'x'"),
        ("a,c\n1,y\n", r"columns \['a', 'c'\], its schema has \['a', 'b'\]"),
        ("a,b\n1,other\n", "'b' holds other values than its categories"),
        ("a,b\n1\n", r"Row #2: Expected 2 columns, got 1"),
        ("a,b\n1,y\0\n", r"a NUL stands in 'a,b.n1,y.x00.n'; save it without, or as \.parquet"),
    ],
)
def test_csv_that_does_not_fit_its_schema_is_refused(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    metadata = table_files.write(
        pa.table({"a": [1], "b": pa.array(["y"]).dictionary_encode()}), path
    )
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        table_files.read(path, metadata)
