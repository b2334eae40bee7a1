"""Rows come out of a sort on disk as they would out of a table in memory."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.tables.numbers import to_arrow
from pipeline.tables.prefetch import ahead
from pipeline.tables.reorder import reordered, targets


@given(
    cuts=st.lists(st.integers(0, 9), min_size=1, max_size=8),
    size=st.integers(1, 12),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=150)
def test_the_rows_of_each_part_in_its_order(
    cuts: list[int], size: int, shares: tuple[float, float], seed: int
) -> None:
    rows = sum(cuts)
    texts = [None if n % 5 == 0 else "é" * (n % 4) for n in range(rows)]
    columns = [pa.array(texts, pa.string()), pa.array(range(rows), pa.int64())]
    lists = pa.array([[n] * (n % 3) for n in range(rows)], pa.list_(pa.int64()))
    table = pa.table([*columns, lists], names=["place", "n", "l"])  # "place" as the code has inside
    order = np.random.default_rng(seed).permutation(rows)
    ends = sorted(int(share * rows) for share in shares)
    parts = [order[: ends[0]], order[ends[0] : ends[1]]]  # the rest goes nowhere
    pieces = [table.slice(sum(cuts[:i]), cut) for i, cut in enumerate(cuts)]
    found: list[list[pa.Table]] = [[], []]
    with TemporaryDirectory() as folder:
        start_of_second = -(-len(parts[0]) // size) * size
        for start, block in reordered(iter(pieces), targets(parts, size), size, Path(folder)):
            assert block.schema == table.schema
            found[start >= start_of_second].append(block)
        assert list(Path(folder).iterdir()) == []
    for part, blocks in zip(parts, found, strict=True):
        assert [len(block) for block in blocks[:-1]] == [size] * (len(blocks) - 1)
        expected = table.take(to_arrow(np.asarray(part, np.int64)))
        assert pa.concat_tables([*blocks, table.slice(0, 0)]).equals(expected)


def test_what_comes_next_keeps_its_order_and_its_errors() -> None:
    def numbers() -> Any:
        yield from range(50)
        raise KeyError("the end")

    coming = ahead(numbers())
    assert [next(coming) for _ in range(50)] == list(range(50))
    with pytest.raises(KeyError, match="the end"):
        next(coming)


def test_whoever_stops_early_ends_the_source() -> None:
    ended = []

    def numbers() -> Any:
        try:
            yield from range(50)
        finally:
            ended.append(True)

    source = numbers()
    taken = ahead(source)
    assert next(taken) == 0
    taken.close()
    source.close()
    assert ended == [True]
