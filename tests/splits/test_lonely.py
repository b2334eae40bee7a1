"""Classes of one row, or of one group, are on the side that fits; the others as they were."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.splits.division import Division, divide

ROWS = 60


def classes(rare: int) -> list[str]:
    return [*(["a", "b"] * (ROWS // 2))[: ROWS - rare], *(f"rare {n}" for n in range(rare))]


@pytest.mark.parametrize("rare", [1, 3])
@pytest.mark.parametrize("size_name", ["test_size", "val_size"])
def test_a_class_of_one_row_is_there_to_fit(rare: int, size_name: str) -> None:
    values = np.array(classes(rare))
    how = Division(0.3, 5, stratify="c", size_name=size_name)
    first, second = divide(pa.table({"c": values}), how)
    assert sorted([*first, *second]) == list(range(ROWS))
    assert Counter(values[second]).keys() == {"a", "b"}
    rest = divide(pa.table({"c": values[: ROWS - rare]}), how)  # drawn as without these rows
    assert (first[:-rare].tolist(), second.tolist()) == (rest[0].tolist(), rest[1].tolist())


def test_a_column_that_is_none_of_classes_is_refused() -> None:
    with pytest.raises(InputError, match=r"too few rows of rare 0 \(1 row\)"):
        divide(pa.table({"c": classes(7)}), Division(0.3, 5, stratify="c"))


def test_a_class_of_one_group_takes_what_stands_or_falls_with_it() -> None:
    """x is in group 0 only, and y in groups 0 and 1: without 0, y has one group as well."""
    values = ["x", "y", "y", *["a", "b"] * 30]
    table = pa.table({"c": values, "g": [0, 0, 1, *np.arange(60) // 2 + 2]})
    how = Division(0.3, 5, method="group", group_by=["g"], stratify="c")
    first, second = divide(table, how)
    assert {0, 1, 2} <= set(first.tolist())
    assert 15 <= len(second) <= 21
    groups = np.array(table["g"])
    assert not set(groups[first]) & set(groups[second])
