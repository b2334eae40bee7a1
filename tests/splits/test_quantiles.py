"""Quantities are stratified by bins of their values; classes stay classes."""

import numpy as np
import pyarrow as pa
import pytest

from pipeline.splits import division, folds
from pipeline.splits.division import Division
from pipeline.splits.keys import ClassColumn, Keys, coded
from pipeline.splits.quantiles import binned

HOW = Division(0.3, 42, stratify="y")


def keys(values) -> Keys:
    column = ClassColumn("y")
    column.add(coded(pa.table({"y": values}), "y"))
    return Keys(len(values), column.classes())


def names(values, smaller=None) -> list[str] | None:
    found = binned(keys(values), smaller or len(values) // 3).classes
    return found and found.names


def test_a_quantity_is_cut_into_bins_of_equal_size() -> None:
    values = np.random.default_rng(0).permutation(np.arange(300) / 7)
    found = binned(keys(values), 90).classes
    assert found is not None
    assert len(found.names) == 10
    assert np.bincount(found.codes).tolist() == [30] * 10
    assert found.names[0] == "01: 0 to 4.14286"
    order = np.argsort(values)
    assert (np.diff(found.codes[order].astype(int)) >= 0).all()


def test_few_rows_have_few_bins_and_equal_values_are_together() -> None:
    assert len(names(np.arange(40) / 3) or []) == 4
    assert names(np.arange(15) / 3) is None, "too few for two: drawn from all"
    values = np.append(np.zeros(150), np.arange(150) + 0.5)
    found = binned(keys(values), 90).classes
    assert found is not None
    assert len(set(found.codes[:150])) == 1
    assert np.bincount(found.codes).min() >= 10


@pytest.mark.parametrize(
    "values",
    [
        np.arange(300) % 3,  # classes
        np.arange(300) % 3 + 0.5,
        np.arange(400) % 40,  # many, but each is on both sides
        np.array(["a", "b"] * 50),
    ],
)
def test_what_is_classes_stays_so(values) -> None:
    assert len(names(values) or []) == len(set(values.tolist()))


def test_both_sides_have_the_same_spread_and_all_folds_too() -> None:
    values = np.random.default_rng(1).lognormal(size=500)
    table = pa.table({"y": values})
    first, second = division.divide(table, HOW)
    assert np.median(values[first]) == pytest.approx(np.median(values[second]), rel=0.1)
    again = division.divide(table, HOW)
    assert np.array_equal(second, again[1])
    of_folds = [np.median(values[judging]) for _, judging in folds.divide(table, HOW, 5)]
    assert max(of_folds) < 1.2 * min(of_folds)


def test_a_part_of_the_rows_is_divided_as_a_table_of_its_own() -> None:
    """Segregate says so which rows validate, from keys of the whole table."""
    values = np.random.default_rng(2).integers(0, 200, 300)
    whole = keys(values)
    train = division.assign(whole, HOW)[0]
    taken = division.assign(whole.take(train), HOW)
    alone = division.divide(pa.table({"y": values[train]}), HOW)
    assert all(np.array_equal(*pair) for pair in zip(taken, alone, strict=True))
