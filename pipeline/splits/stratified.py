"""Rows drawn class by class, exactly as scikit-learn's train_test_split draws them."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.splits.keys import Classes, Rows


def draw(
    rows: int,
    test_size: float,
    random_state: int,
    classes: Classes | None = None,
    size_name: str = "test_size",
) -> Rows:
    """Draw the same rows, in the same order, as scikit-learn's ``train_test_split``.

    Args:
        rows: number of rows of the table.
        test_size: share of the rows that go to the second part, in (0, 1).
        random_state: seed.
        classes: to keep the share of each in both parts; None: rows are drawn whatever their
            class.
        size_name: what the caller's user calls the size.

    Returns:
        The row numbers of the first and of the second part, shuffled, in 4 bytes each if that
        is enough.

    Raises:
        InputError: a size outside (0, 1), too few rows, a class that cannot be on both sides, a
            seed that numpy does not take. Names class and count.
    """
    second = second_rows(rows, test_size, size_name)
    random = random_state_of(random_state)
    if classes is None:
        order = random.permutation(numbers_of(rows))
        return order[second:], order[:second]
    _check(classes, second, test_size, size_name)
    return _stratified(classes.codes, rows - second, second, random)


def numbers_of(rows: int) -> NDArray[np.integer]:
    """Return the numbers of that many rows, in the smaller type that holds them."""
    return np.arange(rows, dtype=np.int32 if rows < 2**31 else np.int64)


def checked_size(size: float, size_name: str) -> float:
    """Return the share; InputError for one outside (0, 1)."""
    if not 0 < size < 1:
        raise InputError(f"{size_name} must be greater than 0 and less than 1, got {size}")
    return size


def second_rows(rows: int, size: float, size_name: str) -> int:
    """Return how many rows the second part has; InputError when a part would have none."""
    second = math.ceil(rows * checked_size(size, size_name))
    if rows - second < 1:
        raise InputError(
            f"cannot split {rows:,} rows: {size_name} {size} leaves none for the other part; "
            f"give more rows or a smaller {size_name}"
        )
    return second


def random_state_of(seed: int) -> np.random.RandomState:
    """Return numpy's generator of that seed; InputError for a number that is no seed."""
    try:
        return np.random.RandomState(seed)
    except ValueError:
        raise InputError(f"the seed must be 0 to {2**32 - 1}, got {seed}") from None


def _stratified(
    codes: NDArray[np.integer], first: int, second: int, random: np.random.RandomState
) -> Rows:
    """Draw both parts class by class, then shuffle each.

    The generator is asked the same questions in the same order as by scikit-learn's
    ``StratifiedShuffleSplit``, whose import costs more than this step's work; the tests hold the
    two to equality.
    """
    counts = np.bincount(codes)
    of_first = _shares(counts, first, random)
    of_second = _shares(counts - of_first, second, random)
    rows = np.argsort(codes, kind="stable").astype(numbers_of(len(codes)).dtype)
    by_class = np.split(rows, np.cumsum(counts)[:-1])
    parts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for members, n_first, n_second in zip(by_class, of_first, of_second, strict=True):
        drawn = members[random.permutation(len(members))]
        parts[0].append(drawn[:n_first])
        parts[1].append(drawn[n_first : n_first + n_second])
    return random.permutation(np.concatenate(parts[0])), random.permutation(
        np.concatenate(parts[1])
    )


def _shares(
    counts: NDArray[np.intp], draws: int, random: np.random.RandomState
) -> NDArray[np.intp]:
    """Divide the draws among the classes after their counts, what remains by largest remainder.

    Classes with the same remainder draw lots.
    """
    exact = counts / counts.sum() * draws
    shares: NDArray[np.intp] = np.floor(exact).astype(np.intp)
    remainders = exact - shares
    missing = draws - shares.sum()
    for remainder in np.unique(remainders)[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(remainders == remainder)
        lucky = random.choice(tied, size=min(len(tied), missing), replace=False)
        shares[lucky] += 1
        missing -= len(lucky)
    return shares


def _check(classes: Classes, second: int, test_size: float, size_name: str) -> None:
    """Refuse classes that cannot be on both sides."""
    counts = np.bincount(classes.codes, minlength=len(classes.names))
    rows = len(classes.codes)
    small = [f"{v} ({n} row)" for v, n in zip(classes.names, counts, strict=True) if n < 2]
    if small:
        raise InputError(
            f"cannot stratify: too few rows of {', '.join(small[:10])}; each class needs 2 or "
            "more: drop or merge such with data.preprocess.rare, or set data.stratify=null"
        )
    if (smaller := min(second, rows - second)) < len(classes.names):
        raise InputError(
            f"cannot stratify: {size_name} {test_size} of {rows:,} rows leaves "
            f"{smaller} rows on one side, fewer than the {len(classes.names)} "
            f"classes; change {size_name} or set data.stratify=null"
        )
