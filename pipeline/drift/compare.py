"""How far a table is from its reference, column by column, and whether that is chance."""

import math
from dataclasses import replace

from pipeline.config.checks import Checks, Drift
from pipeline.drift import twosample
from pipeline.drift.comparisons import Comparison, comparisons, drift_result
from pipeline.drift.result import CheckResult
from pipeline.engines.each import Each, here
from pipeline.tables.reading.mapped import AnyTable


def compare(
    table: AnyTable, reference: AnyTable, alpha: float, checks: Checks, each: Each = here
) -> tuple[list[CheckResult], list[dict[str, object]]]:
    """Compare each column of a table with the reference.

    Numbers are compared by the Kolmogorov-Smirnov distance, and the effect is the Wasserstein
    distance in standard deviations of the reference (as Evidently does, with the same default
    of 0.1); text, booleans and numbers with few values by chi-square, and the effect is the total
    variation distance; then the share of each category, and of missing values, by Fisher's exact
    test. Missing values are left out otherwise. A test fails only if its effect is above its
    threshold and its p-value, corrected by Holm for all tests together, is at most alpha. A column
    that is absent or of another kind fails.

    Args:
        table: the table to check.
        reference: the one it is compared with.
        alpha: chance of one or more false alarms.
        checks: the thresholds of all columns, and those of single ones.
        each: who compares the columns.

    Returns:
        A result for each test and each column that cannot be compared, and a row for each test
        with its numbers: `smallest_shift` is the smallest difference that could have failed here
        if its p-value had been the smallest of all.
    """
    compared: list[CheckResult | Comparison] = []
    names, others = table.column_names, reference.column_names
    ours, theirs = set(names), set(others)
    pairs = ((n, table.select([n]), reference.select([n]), _limits(checks, n))
             for n in others if n in ours)  # fmt: skip
    found = each(_compared, pairs)
    for name in others:
        if name not in ours:
            compared.append(drift_result(name, "a column, as in the reference", "absent", "failed"))
        else:
            compared.extend(next(found))
    for name in (n for n in names if n not in theirs):
        compared.append(drift_result(name, "another table as reference", "not in it", "skipped"))
    return _with_verdicts(compared, alpha)


def _compared(
    pair: tuple[str, AnyTable, AnyTable, Drift],
) -> list[CheckResult | Comparison]:
    return list(comparisons(*pair))


def _limits(checks: Checks, name: str) -> Drift:
    """Return the thresholds of a column: its own for its values, else those of all columns."""
    column = checks.columns.get(name)
    if column is None or column.drift is None:
        return checks.drift
    return replace(checks.drift, numeric=column.drift, categorical=column.drift)


def _with_verdicts(
    compared: list[CheckResult | Comparison], alpha: float
) -> tuple[list[CheckResult], list[dict[str, object]]]:
    """Correct the p-values of all tests together and say which fail."""
    tests = [test for test in compared if isinstance(test, Comparison)]
    corrected = iter(twosample.holm([test.p for test in tests]))
    level = alpha / max(len(tests), 1)
    results, rows = [], []
    for test in compared:
        if isinstance(test, CheckResult):
            results.append(test)
            continue
        p = next(corrected)
        failed = p <= alpha and test.effect > test.threshold
        smallest = test.smallest(level)
        visible = test.shown.format(smallest) if math.isfinite(smallest) else "none: too few rows"
        chance = f"p {p:.2g}" if p else "p below 1e-300"
        seen = f"{test.seen} ({chance}); smallest that shows: {visible}"
        verdict = "failed" if failed else "passed"
        results.append(drift_result(test.column, test.expected, seen, verdict))
        rows.append(_row(test, p, smallest, verdict))
    return results, rows


def _row(test: Comparison, p: float, smallest: float, verdict: str) -> dict[str, object]:
    method, statistic = test.statistic
    return {
        "column": test.column,
        "test": f"{test.what}: {method}",
        "statistic": _number(statistic),
        "p": _number(test.p),
        "p_holm": _number(p),
        "effect": _number(test.effect),
        "threshold": test.threshold,
        "smallest_shift": _number(smallest),
        "verdict": verdict,
    }


def _number(value: float) -> float | None:
    """Return four digits of it; None for infinity, which JSON does not have."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
