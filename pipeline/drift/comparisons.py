"""Comparisons of a column of one table with the same column of another, before any verdict."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.checks import Drift
from pipeline.drift import twosample
from pipeline.drift.held import KINDS, Held, counted, held_of, value_at
from pipeline.drift.result import CheckResult
from pipeline.tables import numbers
from pipeline.tables.column_kinds import has_few
from pipeline.tables.reading.mapped import AnyTable

MOST_RARE = 0.5  # share of rows in rare categories above which a text is free text


@dataclass(frozen=True)
class Comparison:
    """One comparison of one column.

    Attributes:
        column: its name.
        what: values, share of a category, or missing.
        statistic: its name and value.
        p: p-value.
        effect: size of the difference, in the unit of the threshold.
        threshold: effect above which a small p-value is a failure.
        expected: for people, what is allowed.
        seen: for people, the difference.
        smallest: from the level of the test to the smallest difference that could have failed.
        shown: how that difference is written.
    """

    column: str
    what: str
    statistic: tuple[str, float]
    p: float
    effect: float
    threshold: float
    expected: str
    seen: str
    smallest: Callable[[float], float]
    shown: str


def drift_result(column: str, expected: str, seen: str, verdict: str) -> CheckResult:
    """Return what a check of drift says."""
    return CheckResult("drift", column, expected, seen, verdict)


def comparisons(
    name: str, table: AnyTable, reference: AnyTable, limits: Drift
) -> Iterator[CheckResult | Comparison]:
    """Compare the values of a column and how many are missing.

    Args:
        name: of the column, which both tables have.
        table: the one that is checked.
        reference: the other.
        limits: the thresholds.

    Returns:
        The comparisons, and a result for what cannot be compared.
    """
    ours, theirs = held_of(table[name]), held_of(reference[name])
    if ours.kind != theirs.kind and "nothing" not in (ours.kind, theirs.kind):
        expected = f"{theirs.kind}, as in the reference"
        yield drift_result(name, expected, ours.type, "failed")
        return
    if ours.there and theirs.there:
        yield from _values(name, (ours, theirs), (table, reference), limits)
    gone, before_gone = ((held.rows - held.there, held.rows) for held in (ours, theirs))
    yield _missing(name, gone, before_gone, limits.missing)


def _values(
    name: str, held: tuple[Held, Held], tables: tuple[AnyTable, AnyTable], limits: Drift
) -> Iterator[CheckResult | Comparison]:
    """Compare what the two columns hold; neither is empty nor has missing values."""
    kind, parts = held[0].kind, [one.values for one in held]
    if kind not in KINDS:
        yield drift_result(name, "values to compare", f"{kind} values", "skipped")
        return
    if kind == "number" and not has_few(pa.chunked_array(map(numbers.to_arrow, parts))):
        for values in parts:
            values.sort()
        yield _numeric(name, parts[0], parts[1], limits.numeric)
        return
    firsts, counts = counted(*parts)

    def shown(number: int) -> str:
        place, table = int(firsts[number]), 0
        if place >= held[0].there:
            place, table = place - held[0].there, 1
        label = value_at(tables[table][name], place)
        return f"{label:g}" if kind == "number" else repr(label)

    yield from _categories(name, shown, counts, limits)


def _numeric(
    name: str, ours: twosample.Numbers, theirs: twosample.Numbers, threshold: float
) -> Comparison:
    distance, moved = twosample.distances(ours, theirs)
    spread = twosample.deviation(theirs)
    effect = moved / spread if spread else math.copysign(math.inf, moved) if moved else 0.0
    n, m = len(ours), len(theirs)
    return Comparison(
        name, "values", ("Kolmogorov-Smirnov", distance), twosample.ks_p(distance, n, m), effect,
        threshold, f"values within {threshold:g} standard deviations", f"{effect:.3g}",
        lambda level: twosample.smallest_shift(theirs, level, n, threshold), "{:.3g} in its unit",
    )  # fmt: skip


def _categories(
    name: str, label: Callable[[int], str], counts: tuple[twosample.Counts, ...], limits: Drift
) -> Iterator[CheckResult | Comparison]:
    ours, theirs = counts
    kept, rare = twosample.pooled(ours, theirs)
    if rare > MOST_RARE:
        seen = f"free text, or too few rows: {rare:.0%} of the rows hold rare values"
        yield drift_result(name, "values to compare", seen, "skipped")
        return
    if kept.shape[1] > 1:  # else there is nothing but the one share
        statistic, p = twosample.chi_square(kept)
        effect, most = twosample.variation(kept), limits.categorical
        yield Comparison(
            name, "values", ("chi-square", statistic), p, effect, most,
            f"values within a total variation of {most:g}", f"{effect:.3g}",
            lambda level: twosample.smallest_variation(kept, level, most), "{:.2%} of the rows",
        )  # fmt: skip
    yield _shares(name, label, ours, theirs, limits.class_ratio)


def _shares(
    name: str,
    label: Callable[[int], str],
    ours: twosample.Counts,
    theirs: twosample.Counts,
    ratio: float,
) -> Comparison:
    """Test the share of each category; the p-value is the smallest one times their number."""
    n, m, number = int(ours.sum()), int(theirs.sum()), len(ours)
    with np.errstate(divide="ignore"):
        factors = np.maximum(ours / n / (theirs / m), theirs / m / (ours / n))
    p_values = np.ones(number)
    large = factors > ratio  # the others cannot fail, whatever their p-value
    p_values[large] = twosample.exact_p(ours[large], n, theirs[large], m)
    first = int(np.lexsort((-factors, p_values))[0])
    seen = f"{label(first)} {theirs[first] / m:.2%} → {ours[first] / n:.2%}"
    return Comparison(
        name, "share of a category", ("Fisher", float(factors[first])),
        min(1.0, float(p_values[first]) * number), float(factors[first]), ratio,
        f"each category's share within a factor of {ratio:g}", seen,
        lambda level: twosample.smallest_vanished(n, m, level / number), "{:.2%} of the rows, gone",
    )  # fmt: skip


def _missing(name: str, ours: tuple[int, int], theirs: tuple[int, int], most: float) -> Comparison:
    """Test the share of missing values; both are their number and that of all rows."""
    (x, n), (y, m) = ours, theirs
    now, before = x / max(n, 1), y / max(m, 1)
    p = float(twosample.exact_p(x, n, y, m)) if x or y else 1.0
    return Comparison(
        name, "missing", ("Fisher", now - before), p, abs(now - before), most,
        f"missing share within {most:g}", f"{before:.2%} → {now:.2%}",
        lambda level: twosample.smallest_missing(y, n, m, level, most), "{:.2%} of the rows",
    )  # fmt: skip
