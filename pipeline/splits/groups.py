"""Rows of one group stay together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.splits.keys import Classes, Rows


def by_group(
    groups: NDArray[np.uint64],
    classes: Classes | None,
    second: int,
    random: np.random.RandomState,
) -> Rows:
    """Give whole groups to one of two parts; both are shuffled.

    Args:
        groups: (rows,) the same number for the rows of one group.
        classes: of the rows; None for none.
        second: number of rows that the second part should have.
        random: what shuffles.

    Raises:
        InputError: a class that has one group only.
    """
    share = second / len(groups)
    part = parts_of(groups, classes, [1 - share, share], random)
    first_rows, second_rows = np.flatnonzero(part == 0), np.flatnonzero(part)
    return random.permutation(first_rows), random.permutation(second_rows)


def parts_of(
    groups: NDArray[np.uint64],
    classes: Classes | None,
    shares: Sequence[float],
    random: np.random.RandomState,
) -> NDArray[np.intp]:
    """Give whole groups to parts, class shares kept as close as they can be.

    Greedy, as in scikit-learn's ``StratifiedGroupKFold``: the groups in random order, the largest
    first, each to the part that it takes nearer to the number of rows it should have of every
    class.

    Args:
        groups: (rows,) the same number for the rows of one group.
        classes: of the rows; None for none.
        shares: of the rows that each part should have.
        random: what shuffles the groups.

    Returns:
        (rows,) the number of each row's part.

    Raises:
        InputError: a class that has one group only.
    """
    _, group = np.unique(groups, return_inverse=True)
    names, codes, _ = classes or Classes(["the table"], np.zeros(len(group), np.uint16))
    sizes = np.bincount(group)
    pairs, amounts = np.unique(group * len(names) + codes, return_counts=True)
    kinds = pairs % len(names)
    _refuse_lonely(names, np.bincount(kinds), np.bincount(codes))
    order = random.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    starts = np.searchsorted(pairs // len(names), np.arange(len(sizes) + 1))
    wanted = np.bincount(codes) * np.array(shares)[:, None]
    parts = _Parts(wanted, np.zeros_like(wanted))
    return _greedy(order, starts, kinds, amounts, parts)[group]


@dataclass(frozen=True)
class _Parts:
    """How parts are filled with rows: arrays (part, class).

    Attributes:
        wanted: rows that the parts should have.
        rows: that they have; it is written to.
    """

    wanted: NDArray[np.float64]
    rows: NDArray[np.float64]

    @property
    def scale(self) -> NDArray[np.float64]:
        """What a row too many or too few of a class weighs."""
        return 1 / np.maximum(self.wanted, 1e-9)


def _greedy(
    order: NDArray[np.intp],
    starts: NDArray[np.intp],
    kinds: NDArray[np.intp],
    amounts: NDArray[np.intp],
    parts: _Parts,
) -> NDArray[np.intp]:
    """Return the part that each group goes to.

    Group g has amounts[i] rows of class kinds[i], for i from starts[g] to before starts[g + 1].
    After the last group of several classes, each class is on its own: there, among the many small
    groups, all of one class and size are a run, whatever comes between them.
    """
    part = np.zeros(len(order), np.intp)
    mixed = np.flatnonzero(np.diff(starts)[order] > 1)
    head, tail = np.split(order, [mixed[-1] + 1 if len(mixed) else 0])
    bounds = zip(starts[head].tolist(), starts[head + 1].tolist(), strict=True)
    part[head] = _one_by_one(bounds, kinds.tolist(), amounts.tolist(), parts)
    kind, amount = kinds[starts[tail]], amounts[starts[tail]]
    by_run = np.lexsort((-amount, kind))  # which is stable
    borders = np.flatnonzero(np.diff(kind[by_run]) | np.diff(amount[by_run])) + 1
    for run in np.split(by_run, borders) if len(tail) else ():
        part[tail[run]] = _run(len(run), kind[run[0]], amount[run[0]], parts)
    return part


def _one_by_one(
    bounds: Iterable[tuple[int, int]], kinds: list[int], amounts: list[int], parts: _Parts
) -> list[int]:
    """Return the part that each group goes to; `bounds` are where its rows are told.

    With Python's numbers, which are numpy's and faster one at a time.
    """
    wanted, scale, rows = (array.tolist() for array in (parts.wanted, parts.scale, parts.rows))
    answers = []
    for start, end in bounds:
        inside = [*zip(kinds[start:end], amounts[start:end], strict=True)]
        losses = [
            _added([a * (2 * (r[k] - w[k]) + a) * s[k] for k, a in inside])
            for r, w, s in zip(rows, wanted, scale, strict=True)
        ]
        part = losses.index(min(losses))
        answers.append(part)
        for k, a in inside:
            rows[part][k] += a
    parts.rows[:] = rows
    return answers


def _added(values: list[float]) -> float:
    """Add as numpy does, to the last bit; Python's sum does not."""
    if len(values) >= 8:
        return float(np.sum(values))
    total = 0.0
    for value in values:
        total += value
    return total


def _run(size: int, kind: int, amount: int, parts: _Parts) -> NDArray[np.intp]:
    """Divide groups that all have the same rows: so many of one class.

    What a part loses by one more group only grows with the groups that it has got. So to choose
    the smallest loss each time is to merge sorted lists; of equal losses the first part's comes
    first.
    """
    number = np.arange(size) * amount
    rows, wanted, scale = (a[:, [kind]] for a in (parts.rows, parts.wanted, parts.scale))
    losses = amount * (2 * (rows + number - wanted) + amount) * scale
    part = np.argsort(losses.ravel(), kind="stable")[:size] // size
    parts.rows[:, kind] += amount * np.bincount(part, minlength=len(losses))
    return part


def _refuse_lonely(names: list[str], groups: NDArray[np.intp], rows: NDArray[np.intp]) -> None:
    for name, number, size in zip(names, groups, rows, strict=True):
        if number < 2:
            raise InputError(
                f"method=group: {name} ({size:,} rows) has one group only, which cannot be on both "
                "sides; make it another class with data.preprocess.map, choose other data.group_by "
                "columns, or take data/segregate=stratified"
            )
