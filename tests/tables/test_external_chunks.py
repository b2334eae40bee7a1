"""Somebody else's Parquet file read piece by piece is what it is when it is read at once."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.tables import chunks, table_files
from pipeline.tables.external_chunks import TypedSource

PART = st.tuples(
    st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8, unique=True),
    st.lists(st.none() | st.integers(0, 7), max_size=30),
)


@pytest.mark.slow
@given(parts=st.lists(PART, min_size=1, max_size=4), group=st.integers(1, 40), coded=st.booleans())
@settings(deadline=None, max_examples=100)
def test_categories_and_bytes_are_those_of_the_whole_file(
    tmp_path_factory: Any, parts: list[Any], group: int, coded: bool
) -> None:
    arrays = []
    for categories, numbers in parts:
        codes = [None if n is None else n % len(categories) for n in numbers]
        arrays.append(pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), categories))
    column = pa.chunked_array(arrays)
    table = pa.table({"n": list(range(len(column))), "c": column})
    folder: Path = tmp_path_factory.mktemp("parquet")
    pq.write_table(table, folder / "t.parquet", row_group_size=group, use_dictionary=coded)
    expected = pq.read_table(folder / "t.parquet", use_threads=False)
    expected = expected.replace_schema_metadata(None)
    if not len(expected):
        with pytest.raises(InputError, match="no rows"):
            TypedSource(folder / "t.parquet", "t").read()
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "PIECE", 7)
        source = TypedSource(folder / "t.parquet", "t")
        assert source.schema.equals(table_files.schema_of(expected), check_metadata=True)
        assert source.read().equals(expected.unify_dictionaries())
        with table_files.Writer(folder / "ours.parquet", source.schema) as writer:
            for piece in source.pieces():
                writer.write(piece)
    assert table_files.write(expected, folder / "theirs.parquet") == writer.metadata
    ours, theirs = ((folder / f"{who}.parquet").read_bytes() for who in ("ours", "theirs"))
    assert ours == theirs


def test_types_that_only_parquet_has(tmp_path: Path) -> None:
    words = pa.list_(pa.dictionary(pa.int8(), "string"))
    table = pa.table({
        "list": pa.array([[1], None, []] * 50),
        "words": pa.array([["a", "b"], None, []] * 50, words),
        "uuid": pa.array([b"0123456789abcdef"] * 150, pa.uuid()),
        "decimal": pa.array([1, None, 3] * 50, pa.decimal256(50, 3)),
    })  # fmt: skip
    path = tmp_path / "t.parquet"
    pq.write_table(table, path, row_group_size=40)
    source = TypedSource(path, "t")
    with table_files.Writer(tmp_path / "ours.parquet", source.schema) as writer:
        for piece in source.pieces():
            writer.write(piece)
    texts = {"list": ["[1]", None, "[]"] * 50, "words": ['["a", "b"]', None, "[]"] * 50}
    theirs = pa.table(texts | {name: table[name] for name in ("uuid", "decimal")})
    table_files.write(theirs, tmp_path / "theirs.parquet")
    assert source.said == ["'list', 'words' kept as text, in JSON"]
    ours, theirs = ((tmp_path / f"{who}.parquet").read_bytes() for who in ("ours", "theirs"))
    assert ours == theirs


def test_a_missing_category_is_refused(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, None]), pa.array([b"x"]))
    pq.write_table(pa.table({"odd": column}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"'odd'.*binary"):
        TypedSource(tmp_path / "t.parquet", "t")
