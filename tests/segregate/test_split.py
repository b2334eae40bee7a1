"""The split gives scikit-learn's rows, in scikit-learn's order."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from pipeline.errors import InputError
from segregate.split import split


@given(
    counts=st.lists(st.integers(4, 30), min_size=2, max_size=6),
    kind=st.sampled_from([str, int]),
    test_size=st.sampled_from([0.2, 0.3, 0.5, 0.75]),
    seed=st.integers(0, 2**32 - 1),
    stratified=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_same_rows_as_train_test_split(
    counts: list[int], kind: type, test_size: float, seed: int, stratified: bool
) -> None:
    values = [kind(n * 7) for n, count in enumerate(counts) for _ in range(count)]
    table = pa.table({"row": range(len(values)), "c": values})
    ours = split(table, test_size, seed, "c" if stratified else None)
    frame = table.to_pandas()
    theirs = train_test_split(
        frame, test_size=test_size, random_state=seed, stratify=frame["c"] if stratified else None
    )
    for our, their in zip(ours, theirs, strict=True):
        assert our["row"].to_pylist() == their["row"].tolist()


@pytest.mark.parametrize("size", [0, 1, 1.5, -0.1, float("nan")])
def test_sizes(size: float) -> None:
    with pytest.raises(InputError, match="test_size must be greater than 0 and less than 1"):
        split(pa.table({"c": ["a", "b"] * 4}), size, 0)


@pytest.mark.parametrize(
    ("values", "column", "word"),
    [
        (["a", "a", "b"], "c", r"b \(1 row\)"),
        (["a", "a", None, "a"], "c", "1 rows have no 'c'"),
        (["a", "a"], "d", "no column 'd'"),
        (["a", "a", "b", "b", "c", "c"], "c", "fewer than the 3 classes"),
    ],
)
def test_refusals(values: list, column: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        split(pa.table({"c": values}), 0.3, 0, column)
