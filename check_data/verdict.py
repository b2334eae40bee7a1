"""What follows from the results: which only warn, how many there are, whether the run goes on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from check_data.expectations import FINITE, MEASURES
from pipeline.drift.result import VERDICTS, CheckResult
from pipeline.errors import InputError, near

SHOWN = 3  # failures that the error names; all are in the table


def warned(
    results: Sequence[CheckResult], warn: Iterable[str], columns: Iterable[str]
) -> list[CheckResult]:
    """Let the failures of some checks be warnings.

    Args:
        results: all results.
        warn: names of checks (`drift`, `range`, a test of the user's own), or a check and a
            column (`range tempo`).
        columns: those of the table.

    Raises:
        InputError: a name that no check has.
    """
    names = set(warn)
    checks = {"rows", "column", "drift", FINITE, *MEASURES, *(result.check for result in results)}
    known = checks | {f.name for f in results} | {f"drift {column}" for column in columns}
    for name in sorted(names - known):
        raise InputError(
            f"checks.warn: no check is called {name!r}; {near(name, sorted(known))} choose from: "
            f"{', '.join(sorted(checks))}, alone or with a column, as in 'range COLUMN'"
        )
    return [
        replace(result, verdict="warned")
        if result.verdict == "failed" and names & {result.check, result.name}
        else result
        for result in results
    ]


def counts(results: Sequence[CheckResult]) -> dict[str, float]:
    """Return how many results have each verdict."""
    return {verdict: sum(f.verdict == verdict for f in results) for verdict in VERDICTS}


def summary(results: Sequence[CheckResult]) -> str:
    """Return a line like `71 checks passed, 1 warned, 1 skipped`."""
    passed, *others = counts(results).items()
    rest = "".join(f", {number:g} {verdict}" for verdict, number in others if number)
    return f"{passed[1]:g} checks passed{rest}"


def reason(results: Sequence[CheckResult]) -> str | None:
    """Return why the table is refused, with the first failures; None if no check failed."""
    failed = [str(result) for result in results if result.verdict == "failed"]
    if not failed:
        return None
    more = len(failed) - SHOWN
    rest = f"; and {more} more, see checks.md in MLflow" if more > 0 else ""
    return f"{len(failed)} of {len(results)} checks failed ({'; '.join(failed[:SHOWN])}{rest})"
