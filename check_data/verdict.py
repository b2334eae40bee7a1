"""What follows from the findings: which only warn, how many there are, whether the run goes on."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from check_data.check import VERDICTS, Finding
from check_data.expectations import MEASURES
from pipeline.errors import InputError

SHOWN = 3  # failures that the error names; all are in the table


def warned(
    results: Sequence[Finding], warn: Iterable[str], columns: Iterable[str]
) -> list[Finding]:
    """Let the failures of some checks be warnings.

    Args:
        results: all findings.
        warn: names of checks (`drift`, `range`, a test of the user's own), or a check and a
            column (`range tempo`).
        columns: those of the table.

    Raises:
        InputError: a name that no check has.
    """
    names = set(warn)
    checks = {"rows", "column", "drift", *MEASURES, *(finding.check for finding in results)}
    known = checks | {f.name for f in results} | {f"drift {column}" for column in columns}
    for name in sorted(names - known):
        near = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InputError(
            f"checks.warn: no check is called {name!r}; {hint}choose from: "
            f"{', '.join(sorted(checks))}, alone or with a column, as in 'range COLUMN'"
        )
    return [
        replace(finding, verdict="warned")
        if finding.verdict == "failed" and names & {finding.check, finding.name}
        else finding
        for finding in results
    ]


def counts(results: Sequence[Finding]) -> dict[str, float]:
    """Return how many findings have each verdict."""
    return {verdict: sum(f.verdict == verdict for f in results) for verdict in VERDICTS}


def summary(results: Sequence[Finding]) -> str:
    """Return a line like `71 checks passed, 1 warned, 1 skipped`."""
    passed, *others = counts(results).items()
    rest = "".join(f", {number:g} {verdict}" for verdict, number in others if number)
    return f"{passed[1]:g} checks passed{rest}"


def require(results: Sequence[Finding]) -> None:
    """Raise InputError, with the first failures, if a check failed."""
    failed = [str(finding) for finding in results if finding.verdict == "failed"]
    if not failed:
        return
    more = len(failed) - SHOWN
    rest = f"; and {more} more, see checks.md in MLflow" if more > 0 else ""
    raise InputError(
        f"{len(failed)} of {len(results)} checks failed ({'; '.join(failed[:SHOWN])}{rest}); mend "
        "the table, or what data.checks expects of it"
    )
