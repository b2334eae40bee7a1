"""Labels against features: rows that equal others but for the target."""

import numpy as np
import pyarrow as pa
import pytest

from check_data import labels
from pipeline.config.checks import Labels

TABLE = pa.table({
    "song": ["a", "a", "b", "b", "c", None, None],
    "n": [1, 1, 2, 2, 3, 4, 4],
    "more": [1, 2, 3, 3, 4, 5, 5],
    "list": [[1]] * 7,
    "genre": ["x", "y", "x", "x", "y", "x", "y"],
})  # fmt: skip


@pytest.mark.parametrize(
    ("key", "found", "equal"),
    [(["song"], 4, 6), (["n", "song"], 4, 6), ([], 2, 4), (["more"], 2, 4)],
)
def test_rows_equal_but_for_the_target(key: list[str], found: int, equal: int) -> None:
    assert labels.conflicts(labels.rows_of(TABLE, "genre", key)) == (found, equal)


def test_a_target_that_the_reference_does_not_have() -> None:
    def rows(table: pa.Table) -> labels.Rows:
        return labels.rows_of(table, "genre", ["song"])

    assert labels.changed(rows(TABLE), rows(TABLE)) == (0, 7)
    other = TABLE.set_column(4, "genre", pa.array(["x", "z", "y", "x", "y", "x", "y"]))
    assert labels.changed(rows(other), rows(TABLE)) == (2, 7)
    assert labels.changed(rows(other.slice(4)), rows(TABLE.slice(0, 4))) == (0, 0)


def test_shuffled_labels_are_seen() -> None:
    """Every column is as it was: only what stands beside the label tells."""
    names = [str(number) for number in range(100)]
    genres = [name[-1] for name in names]
    table = pa.table({"song": names * 2, "genre": genres * 2})
    mixed = pa.table(
        {"song": names * 2, "genre": genres + genres[:75] + genres[76:] + genres[75:76]}
    )
    wanted = Labels("genre", ["song"])
    before = list(labels.counts(table, table, wanted))
    assert before == [("labels", 0, 200, 0.05), ("labels against the reference", 0, 200, 0.05)]
    assert list(labels.results(before, wanted)) == []
    found = list(labels.counts(mixed, table, wanted))
    (inside, beside) = labels.results(found, wanted)
    assert (inside.name, inside.verdict) == ("labels genre", "warned")
    assert inside.seen == "50 of 200 rows (25.00%)"
    assert beside.seen == "25 of 200 rows (12.50%)"
    strict = Labels("genre", ["song"], fail=True)
    assert [result.verdict for result in labels.results(found, strict)] == ["failed"] * 2


@pytest.mark.parametrize("wanted", [Labels(), Labels("none"), Labels("genre", ["none"])])
def test_what_cannot_be_looked_at_is_passed_over(wanted: Labels) -> None:
    assert list(labels.counts(TABLE, TABLE, wanted)) == []


def test_quantities_contradict_each_other_only_where_they_are_far_apart() -> None:
    random = np.random.default_rng(0)
    key = np.arange(300) % 100
    near = pa.table({"key": key, "price": key + random.normal(0, 0.1, 300)})
    wanted = Labels(target="price")
    assert list(labels.counts(near, None, wanted)) == [(labels.INSIDE, 0, 300, 0.05)]
    prices = near["price"].to_numpy().copy()
    prices[0] += 100
    far = pa.table({"key": key, "price": prices})
    assert next(labels.counts(far, near, wanted))[1] == 3, "the row and the two that equal it"
    assert len(list(labels.counts(far, near, wanted))) == 1
