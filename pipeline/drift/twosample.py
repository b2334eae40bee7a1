"""Two-sample tests, each with a size of the difference and the smallest one that can be seen.

Pure functions of numpy arrays. "Can be seen" means: without any chance in it, a difference of
that size would just reach the critical value, so a real one is found about every second time.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
CONSTANT = 2.17  # of Wei and Dudley's inequality: covers samples of any size
EXPECTED = 5  # rows of a category in the smaller table, below which chi-square is no good


def distances(ours: Numbers, theirs: Numbers) -> tuple[float, float]:
    """Return the Kolmogorov-Smirnov and the Wasserstein distance of two sorted samples.

    The second is the area between the distribution functions, in the samples' unit; it is
    infinite when unlike parts of them are infinite.
    """
    both = np.concatenate([ours, theirs])
    both.sort(kind="stable")  # merges two sorted runs
    heights = np.abs(
        np.searchsorted(ours, both, side="right") / len(ours)
        - np.searchsorted(theirs, both, side="right") / len(theirs)
    )
    apart = heights[:-1] > 0
    with np.errstate(invalid="ignore"):  # from one infinity to the same
        gaps = np.nan_to_num(np.diff(both)[apart], nan=0.0, posinf=np.inf)
    return float(heights.max()), float(heights[:-1][apart] @ gaps)


def ks_p(distance: float, n: int, m: int) -> float:
    """Return an upper bound of the p-value of a Kolmogorov-Smirnov distance, of any distribution.

    The two-sample Dvoretzky-Kiefer-Wolfowitz inequality: P <= C exp(-2 d² nm / (n + m)), close to
    the exact p-value where that is small (Wei and Dudley, Statistics & Probability Letters 82,
    2012). Unlike the usual approximation it is never too small, and it has an inverse.
    """
    return min(1.0, CONSTANT * math.exp(-2 * distance**2 * n * m / (n + m)))


def ks_critical(level: float, n: int, m: int) -> float:
    """Return the distance whose `ks_p` is the level; it may be above 1, which none reaches."""
    return math.sqrt(math.log(CONSTANT / level) * (n + m) / (2 * n * m))


def deviation(values: Numbers) -> float:
    """Return the standard deviation of the finite values, 0 when there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.std()) if len(finite) else 0.0


def smallest_shift(reference: Numbers, level: float, n: int, effect: float) -> float:
    """Return the smallest shift of the reference's distribution that n rows could have shown.

    Adding it to all values gives a distance as large as the critical one, and a Wasserstein
    distance of `effect` standard deviations. The distance is the largest share of values that
    lie within one shift of another, so no search is needed.

    Args:
        reference: sorted values.
        level: what the p-value is compared with.
        n: values in the other sample.
        effect: threshold, in standard deviations of the reference.

    Returns:
        The shift in the values' unit; infinite when so few rows show none.
    """
    finite = reference[np.isfinite(reference)]
    m = len(finite)
    rows = math.ceil(ks_critical(level, n, max(m, 1)) * m)
    if not 0 < rows <= m:
        return math.inf
    visible = float(np.min(finite[rows - 1 :] - finite[: m - rows + 1]))
    return max(visible, effect * deviation(reference))


def pooled(ours: Counts, theirs: Counts) -> tuple[NDArray[np.int64], float]:
    """Join the categories that are too rare for chi-square.

    Args:
        ours: rows of each category.
        theirs: the same of the other table.

    Returns:
        (2, k) rows of each category that is left, the rare ones together as the last or with
        the smallest one, and the share of all rows that are in rare categories.
    """
    both = np.stack([ours, theirs])
    smaller = both.sum(axis=1).min() / max(both.sum(), 1)
    rare = both.sum(axis=0) * smaller < EXPECTED
    kept, rest = both[:, ~rare], both[:, rare].sum(axis=1)
    if kept.size == 0 or rest.sum() * smaller >= EXPECTED:
        kept = np.column_stack([kept, rest])
    else:
        kept[:, kept.sum(axis=0).argmin()] += rest
    return kept, float(rest.sum() / max(both.sum(), 1))


def chi_square(table: Counts) -> tuple[float, float]:
    """Return Pearson's statistic of a (2, k) table of rows, k at least 2, and its p-value."""
    from scipy.stats import chi2_contingency

    test = chi2_contingency(table, correction=False)
    return float(test.statistic), float(test.pvalue)


def variation(table: Counts) -> float:
    """Return the total variation distance of the two rows of a (2, k) table, 0 to 1."""
    ours, theirs = table / table.sum(axis=1, keepdims=True)
    return float(np.abs(ours - theirs).sum() / 2)


def smallest_variation(table: Counts, level: float, effect: float) -> float:
    """Return the smallest share of rows whose move to another category could have been seen.

    From the largest category of the second row, the reference, to its second largest: the first
    row is taken to be the reference otherwise. At least `effect`; infinite when even all the
    rows of the largest do not show.
    """
    from scipy.special import chdtri

    n, m = table.sum(axis=1)
    second, first = np.sort(table[1] / m)[-2:]
    critical = float(chdtri(table.shape[1] - 1, level))

    def statistic(move: float) -> float:
        means = [(n * (p + s * move) + m * p) / (n + m) for p, s in ((first, -1), (second, 1))]
        return float(sum(n * m / (n + m) * move**2 / mean for mean in means))

    low, high = 0.0, float(first)
    if statistic(high) < critical:
        return math.inf
    for _ in range(50):  # halvings: to the last bit
        middle = (low + high) / 2
        low, high = (low, middle) if statistic(middle) >= critical else (middle, high)
    return max(high, effect)


def exact_p(ours: Counts | int, n: int, theirs: Counts | int, m: int) -> Numbers:
    """Return the p-values of two shares, ours / n and theirs / m: Fisher's exact test.

    Two-sided by doubling the smaller tail, which is never too small.
    """
    from scipy.stats import hypergeom

    together = np.add(ours, theirs)
    low = hypergeom.cdf(ours, n + m, together, n)
    high = hypergeom.sf(np.subtract(ours, 1), n + m, together, n)
    p_values: Numbers = np.minimum(1.0, 2 * np.minimum(low, high))
    return p_values


def smallest_vanished(n: int, m: int, level: float) -> float:
    """Return the smallest share of the reference's m rows that n rows without any would show."""
    count = _first(lambda rows: float(exact_p(0, n, rows, m)) <= level, 1, m)
    return math.inf if count is None else count / m


def smallest_missing(missing: int, n: int, m: int, level: float, effect: float) -> float:
    """Return the smallest difference in the share of missing values that n rows could have shown.

    Upwards, if at most half of the reference's m rows are missing, else downwards; at least
    `effect`, infinite when even all rows do not show.
    """
    if not n or not m:
        return math.inf
    if missing > m / 2:  # the same seen from the other side
        missing = m - missing
    start = math.ceil(missing / m * n)
    count = _first(lambda rows: float(exact_p(rows, n, missing, m)) <= level, start, n)
    return math.inf if count is None else max(count / n - missing / m, effect)


def _first(is_seen: Callable[[int], bool], low: int, high: int) -> int | None:
    """Return the first number from low to high that is seen, when all after it are, by halving."""
    if high < low or not is_seen(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_seen(middle) else (middle + 1, high)
    return high


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected so that alpha is the chance of any false alarm (Holm, 1979)."""
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    corrected = np.minimum(1.0, np.maximum.accumulate(np.asarray(p_values)[order] * factors))
    result = np.empty(len(order))
    result[order] = corrected
    return [float(p) for p in result]
