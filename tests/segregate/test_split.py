"""The split gives scikit-learn's rows, in scikit-learn's order."""

import datetime
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from pipeline.config.segregate import Audit
from pipeline.errors import InputError
from pipeline.splits.division import Division, divide
from pipeline.tables import chunks, csv_lines, table_files
from segregate import split as segregate


def split(table: pa.Table, size: float, seed: int, column: str | None = None) -> list[pa.Table]:
    """Divide a table as the step does, from a file into files."""
    with TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        source = table_files.Source(
            folder / "t.parquet", table_files.write(table, folder / "t.parquet")
        )
        paths = [folder / "train.parquet", folder / "test.parquet"]
        writers = [stack.enter_context(table_files.Writer(path, source.schema)) for path in paths]
        how = Division(size, seed, stratify=column)
        segregate.split(source, how, writers, folder, Audit())
        stack.close()
        return [table_files.read(p, w.metadata) for p, w in zip(paths, writers, strict=True)]


KINDS = {
    "text": lambda n: f"k{n * 7}",
    "int": lambda n: 50 - n * 7,
    "bool": lambda n: n % 2 == 0,
    "float": lambda n: n * -0.5,
}


@pytest.mark.slow
@given(
    counts=st.lists(st.integers(4, 30), min_size=2, max_size=6),
    kind=st.sampled_from(sorted(KINDS)),
    test_size=st.sampled_from([0.2, 0.3, 0.5, 0.75]) | st.floats(0.2, 0.7),
    seed=st.integers(0, 2**32 - 1),
    stratified=st.booleans(),
    shuffled=st.randoms(use_true_random=False),
)
@settings(deadline=None, max_examples=50)
def test_same_rows_as_train_test_split(
    counts: list[int], kind: str, test_size: float, seed: int, stratified: bool, shuffled: Any
) -> None:
    values = [KINDS[kind](n) for n, count in enumerate(counts) for _ in range(count)]
    shuffled.shuffle(values)
    table = pa.table({"row": range(len(values)), "c": values, "t": [str(v) for v in values]})
    ours = split(table, test_size, seed, "c" if stratified else None)
    frame = table.to_pandas()
    theirs = train_test_split(
        frame, test_size=test_size, random_state=seed, stratify=frame["c"] if stratified else None
    )
    for our, their in zip(ours, theirs, strict=True):
        assert our.schema == table.schema
        pd.testing.assert_frame_equal(our.to_pandas(), their.reset_index(drop=True))
    rows = [row for part in ours for row in part["row"].to_pylist()]
    assert sorted(rows) == table["row"].to_pylist()


def test_classes_keep_their_shares() -> None:
    table = pa.table({"c": ["a"] * 60 + ["b"] * 30 + ["c"] * 10})
    for part, share in zip(split(table, 0.3, 7, "c"), (0.7, 0.3), strict=True):
        counts = [part["c"].to_pylist().count(name) for name in "abc"]
        assert counts == pytest.approx([60 * share, 30 * share, 10 * share])


def test_another_seed_is_another_split() -> None:
    table = pa.table({"c": range(50)})
    assert split(table, 0.3, 1)[0].equals(split(table, 0.3, 1)[0])
    assert not split(table, 0.3, 1)[0].equals(split(table, 0.3, 2)[0])


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["a", "b"] * 5).dictionary_encode(),
        pa.array([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)] * 5),
        pa.chunked_array([["a", "b"] * 2, ["b", "a"] * 3]),
    ],
    ids=["categories", "dates", "in pieces"],
)
def test_other_columns_of_classes(values: Any) -> None:
    train, test = split(pa.table({"c": values}), 0.4, 0, "c")
    assert train.schema.field("c").type == values.type
    for part, each in ((train, 3), (test, 2)):
        found = part["c"].to_pylist()
        assert [found.count(value) for value in set(values.to_pylist())] == [each, each]


def refused(word: str, *asked: Any) -> None:
    with pytest.raises(InputError, match=word) as caught:
        split(*asked)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, 1, 1.5, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("column", ["c", None])
def test_sizes(size: float, column: str | None) -> None:
    message = rf"^test_size must be greater than 0 and less than 1, got {size}$"
    refused(message, pa.table({"c": ["a", "b"] * 4}), size, 0, column)


@pytest.mark.parametrize(
    ("values", "column", "word"),
    [
        (["a", "a", "b"], "c", r"too few rows of b \(1 row\); each class needs 2"),
        (["a", "a", "b", "b", "x", "y"], "c", r"x \(1 row\), y \(1 row\)"),
        ([1, 1, 1, 7], "c", r"7 \(1 row\)"),
        ([True, False, True], "c", r"False \(1 row\)"),
        (
            ["a", "a", None, "a"],
            "c",
            "1 rows have no 'c'; drop them with data.preproc",
        ),
        ([None, None], "c", "2 rows have no 'c'"),
        (["a", "a"], "d", "no column 'd'; it has c"),
        (["a", "a"], "", "no column ''"),
        (
            ["a", "a", "b", "b", "c", "c"],
            "c",
            "leaves 2 rows on one side, fewer than the 3 classes",
        ),
        ([{"a": 1}, {"a": 1}], "c", "choose a column of plain values"),
        ([1], None, "cannot split 1 rows: test_size 0.3 leaves none"),
        ([], None, "cannot split 0 rows"),
    ],
)
def test_refusals(values: list[Any], column: str | None, word: str) -> None:
    refused(word, pa.table({"c": values}), 0.3, 0, column)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds(seed: int) -> None:
    refused(rf"seed must be 0 to 4294967295, got {seed}", pa.table({"c": range(4)}), 0.3, seed)


def test_what_is_given_is_not_changed() -> None:
    table = pa.table({"c": ["a", "b"] * 4, "n": range(8)})
    before = table.to_pydict()
    split(table, 0.25, 0, "c")
    assert table.to_pydict() == before


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("method", ["stratified", "random", "group", "time", "hash"])
def test_the_bytes_do_not_depend_on_what_is_in_memory_at_a_time(
    suffix: str, method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 700
    table = pa.table({
        "c": [f"c{n * n % 7}" for n in range(rows)],
        "g": [n * n % 301 for n in range(rows)],
        "t": [None if n % 4 else f"text {n % 90}" for n in range(rows)],
        "x": [n / 7 if n % 3 else None for n in range(rows)],
    })  # fmt: skip
    options: dict[str, dict[str, Any]] = {
        "stratified": {"stratify": "c"},
        "group": {"stratify": "c", "group_by": ["g", "c"]},
        "hash": {"group_by": ["g"]},
        "time": {"time_column": "g", "gap": 3.0},
    }
    how = Division(0.3, 5, method=method, **options.get(method, {}))
    path = tmp_path / f"t{suffix}"
    source = table_files.Source(path, table_files.write(table, path))
    made = []
    for piece, block in ((2**16, 2**17), (37, 11), (5, 700)):
        monkeypatch.setattr(chunks, "PIECE", piece)
        monkeypatch.setattr(csv_lines, "BLOCK", 300 if piece < 50 else 2**24)
        monkeypatch.setattr(chunks, "FIRST_BLOCK", 100 if piece < 50 else 2**20)
        monkeypatch.setattr(segregate, "block_rows", lambda schema, block=block: block)
        files = [tmp_path / f"{part}{suffix}" for part in ("train", "test")]
        scratch = tmp_path / f"scratch{piece}"
        scratch.mkdir()
        with (
            table_files.Writer(files[0], source.schema) as a,
            table_files.Writer(files[1], source.schema) as b,
        ):
            certificate = segregate.split(
                source, how, (a, b), scratch, Audit(key=["g"], val_size=0.3, time="x")
            )
        made.append(([f.read_bytes() for f in files], a.metadata, b.metadata, certificate))
    assert made[0] == made[1] == made[2]
    taken = [table.take(pa.array(part)) for part in divide(table, how)]
    for part, file, metadata in zip(taken, files, made[0][1:3], strict=True):
        assert table_files.read(file, metadata).equals(part)


def test_the_format_of_the_table_does_not_show_in_the_rows(tmp_path: Path) -> None:
    table = pa.table({"c": ["a", "b"] * 50, "x": [n / 7 for n in range(100)], "t": ['"\n'] * 100})
    made = []
    for given_as in (".csv", ".parquet"):
        source = table_files.Source(
            tmp_path / f"t{given_as}", table_files.write(table, tmp_path / f"t{given_as}")
        )
        for suffix in (".csv", ".parquet"):
            files = [tmp_path / f"{given_as}_{part}{suffix}" for part in ("train", "test")]
            with (
                table_files.Writer(files[0], source.schema) as a,
                table_files.Writer(files[1], source.schema) as b,
            ):
                segregate.split(source, Division(0.3, 5, stratify="c"), (a, b), tmp_path, Audit())
            made.append([file.read_bytes() for file in files])
            for kept in tmp_path.glob("*.[01]"):
                kept.unlink()
    assert made[0] == made[2]
    assert made[1] == made[3]
