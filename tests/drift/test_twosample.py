"""The two-sample tests against SciPy's, and against what they say of themselves."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from pipeline.drift import twosample

NUMBERS = arrays.arrays(
    np.float64, st.integers(2, 60), elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 1))
).map(np.sort)
COUNTS = st.lists(st.tuples(st.integers(5, 500), st.integers(5, 500)), min_size=2, max_size=6)


@given(NUMBERS, NUMBERS)
def test_distances_are_those_of_scipy(ours: Any, theirs: Any) -> None:
    distance, moved = twosample.distances(ours, theirs)
    assert distance == pytest.approx(stats.ks_2samp(ours, theirs, method="asymp").statistic)
    assert moved == pytest.approx(stats.wasserstein_distance(ours, theirs), abs=1e-9)


def test_distances_of_infinities() -> None:
    some, more = np.array([0.0, 1.0, np.inf]), np.array([0.0, np.inf, np.inf])
    assert twosample.distances(some, some) == (0.0, 0.0)
    assert twosample.distances(some, more) == (pytest.approx(1 / 3), math.inf)


@pytest.mark.parametrize("sizes", [(4, 4), (10, 10), (20, 20), (7, 50), (100, 100), (60, 90)])
def test_the_ks_p_value_is_never_too_small(sizes: tuple[int, int]) -> None:
    n, m = sizes
    for points in range(1, n + 1):
        ours, theirs = np.arange(n) + 0.5 - points, np.linspace(0, n - 1, m)
        distance, _ = twosample.distances(np.sort(ours), np.sort(theirs))
        exact = stats.ks_2samp(ours, theirs, method="exact").pvalue
        bound = twosample.ks_p(distance, n, m)
        assert bound >= exact
        if n >= 60 and 1e-6 < exact < 0.05:
            assert bound < 2 * exact


@given(st.floats(1e-12, 0.2), st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_critical_distance_is_its_inverse(level: float, n: int, m: int) -> None:
    assert twosample.ks_p(twosample.ks_critical(level, n, m), n, m) == pytest.approx(level)


@given(
    arrays.arrays(np.float64, st.integers(100, 200), elements=st.floats(-100, 100)).map(np.sort),
    st.integers(100, 300),
)
@settings(max_examples=50)
def test_the_smallest_shift_is_the_smallest(reference: Any, n: int) -> None:
    critical = twosample.ks_critical(0.01, n, len(reference))
    shift = twosample.smallest_shift(reference, 0.01, n, 0.0)
    above, _ = twosample.distances(reference + shift * 1.001 + 1e-6, reference)
    assert above >= critical
    if shift > 1e-3:
        below, _ = twosample.distances(reference + shift * 0.999 - 1e-6, reference)
        assert below < critical


def test_the_smallest_shift_is_not_below_the_threshold() -> None:
    many = np.sort(np.random.default_rng(0).normal(0, 2, 100_000))
    assert twosample.smallest_shift(many, 0.001, 100_000, 0.1) == pytest.approx(0.2, rel=0.01)
    assert twosample.smallest_shift(many[::50_000], 0.001, 3, 0.1) == math.inf  # no rows, no shift


@given(COUNTS)
def test_chi_square_is_that_of_scipy(counts: list[tuple[int, int]]) -> None:
    table = np.array(counts).T
    expected = stats.chi2_contingency(table, correction=False)
    found = twosample.chi_square(table)
    assert found == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))


def test_variation_is_the_share_that_would_have_to_move() -> None:
    assert twosample.variation(np.array([[90, 10], [80, 20]])) == pytest.approx(0.1)
    assert twosample.variation(np.array([[5, 0], [0, 5]])) == 1.0
    assert twosample.variation(np.array([[1, 2, 3], [10, 20, 30]])) == 0.0


def test_the_smallest_variation_has_the_level_as_its_p_value() -> None:
    n, m = 1000, 2000
    found = twosample.smallest_variation(np.array([[500, 300, 200], [1000, 600, 400]]), 0.01, 0.0)
    moved = np.array([[500 - n * found, 300 + n * found, 200], [1000, 600, 400]])
    assert twosample.chi_square(moved)[1] == pytest.approx(0.01, rel=1e-6)
    assert moved.sum() == n + m
    assert twosample.smallest_variation(np.array([[1, 1], [1, 1]]), 0.01, 0.0) == math.inf


@pytest.mark.parametrize(
    ("ours", "theirs", "kept", "rare"),
    [
        ([50, 40, 1], [50, 40, 1], [[50, 41], [50, 41]], 2 / 182),
        ([50, 40, 3, 3], [50, 40, 3, 3], [[50, 40, 6], [50, 40, 6]], 12 / 192),
        ([1, 1, 1], [1, 1, 1], [[3], [3]], 1.0),
        ([50, 50], [50, 50], [[50, 50], [50, 50]], 0.0),
    ],
)
def test_rare_categories_are_joined(ours: Any, theirs: Any, kept: Any, rare: float) -> None:
    table, share = twosample.pooled(np.array(ours), np.array(theirs))
    assert table.tolist() == kept
    assert share == pytest.approx(rare)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 120))
def test_the_exact_p_value_is_one(n: int, m: int, together: int) -> None:
    """However likely a p-value is said to be, it is at most as likely as that."""
    together = min(together, n + m)
    ours = np.arange(max(0, together - m), min(n, together) + 1)
    chances = stats.hypergeom.pmf(ours, n + m, together, n)
    p_values = twosample.exact_p(ours, n, together - ours, m)
    for p in p_values:
        assert chances[p_values <= p].sum() <= p * (1 + 1e-9)


def test_the_exact_p_value_of_a_small_table() -> None:
    assert float(twosample.exact_p(0, 4, 4, 4)) == pytest.approx(2 / 70)  # 2 / (8 over 4)
    assert float(twosample.exact_p(2, 4, 2, 4)) == 1.0


def test_what_could_have_been_seen_of_shares() -> None:
    vanished = twosample.smallest_vanished(500, 1000, 0.001)
    rows = round(vanished * 1000)
    assert float(twosample.exact_p(0, 500, rows, 1000)) <= 0.001
    assert float(twosample.exact_p(0, 500, rows - 1, 1000)) > 0.001
    rise = twosample.smallest_missing(100, 500, 1000, 0.001, 0.0)
    rows = round((rise + 0.1) * 500)
    assert float(twosample.exact_p(rows, 500, 100, 1000)) <= 0.001
    assert float(twosample.exact_p(rows - 1, 500, 100, 1000)) > 0.001
    fall = twosample.smallest_missing(900, 500, 1000, 0.001, 0.0)  # the same from the other side
    assert fall == rise
    assert twosample.smallest_missing(100, 500, 1000, 0.001, 0.2) == 0.2
    for rows in (0, 2):
        assert twosample.smallest_missing(0, rows, rows, 0.001, 0.0) == math.inf
    assert twosample.smallest_vanished(2, 2, 0.001) == math.inf


def test_holm() -> None:
    assert twosample.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert twosample.holm([0.9, 0.5]) == [1.0, 1.0]
    assert twosample.holm([]) == []
