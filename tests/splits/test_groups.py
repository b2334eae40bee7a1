"""Groups are divided as by a plain loop over them, to the last one."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.splits import groups
from pipeline.splits.groups import by_group
from pipeline.splits.keys import Classes, Rows
from tests.splits import plain_groups

Divide = Callable[..., Rows]


def in_folds(keys: np.ndarray, classes: Classes | None, random: np.random.RandomState) -> Rows:
    part = groups.parts_of(keys, classes, [1 / 5] * 5, random)
    return part, np.bincount(part)


def both(
    divide: Divide, keys: np.ndarray, classes: Classes | None, seed: int
) -> tuple[Rows, Rows] | None:
    """Divide with both; None when both refuse, in the same words."""
    ours = divided(divide, keys, classes, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "_greedy", plain_groups.greedy)
        plain = divided(divide, keys, classes, seed)
    if isinstance(ours, str) or isinstance(plain, str):
        assert ours == plain
        return None
    return ours, plain


def divided(divide: Divide, keys: np.ndarray, classes: Classes | None, seed: int) -> Rows | str:
    try:
        return divide(keys, classes, random=np.random.RandomState(seed))
    except InputError as error:
        return str(error)


@pytest.mark.slow
@given(
    rows=st.integers(2, 400),
    shape=st.sampled_from([0.5, 1.0, 2.0]),  # a few large groups, or many small ones
    most=st.sampled_from([3, 50, 1000]),
    classes=st.sampled_from([None, 1, 2, 3, 12, 30]),
    pure=st.sampled_from([0.0, 0.5, 0.9, 1.0]),  # of the groups, those of one class
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=300)
def test_the_same_groups_as_a_plain_loop(
    rows: int, shape: float, most: int, classes: int | None, pure: float, share: float, seed: int
) -> None:
    random = np.random.RandomState(seed)
    keys = (random.pareto(shape, rows) * 20).astype(np.uint64) % np.uint64(most)
    number = classes or 1
    codes = np.where(
        random.rand(most)[keys] < pure, keys % np.uint64(number), random.randint(0, number, rows)
    )
    names, codes = np.unique(codes.astype(int), return_inverse=True)
    held = Classes([str(name) for name in names], codes.astype(np.uint16)) if classes else None
    second = min(max(1, round(share * rows)), rows - 1)
    divide = in_folds if seed % 2 else partial(by_group, second=second)
    answers = both(divide, keys, held, seed)
    if answers:
        for ours, plain in zip(*answers, strict=True):
            assert np.array_equal(ours, plain)


@pytest.mark.parametrize("classes", [1, 15])
def test_many_groups_of_all_sizes(classes: int) -> None:
    random = np.random.RandomState(0)
    keys = (random.pareto(1, 30_000) * 2000).astype(np.uint64)
    codes = np.where(random.rand(30_000) < 0.1, random.randint(0, classes, 30_000), keys % classes)
    held = Classes([str(n) for n in range(classes)], codes.astype(np.uint16))
    answers = both(partial(by_group, second=9000), keys, held, 1)
    assert answers
    for ours, plain in zip(*answers, strict=True):
        assert np.array_equal(ours, plain)
    assert len(answers[0][1]) == pytest.approx(9000, abs=100)
