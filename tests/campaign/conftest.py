"""The campaign: how much was thrown at the pipeline, and how much of it was borne.

    uv run pytest -m campaign

A test says what it threw by `record_property(kind, number)`, a kind of KINDS; the sums of what
passed and what failed are printed at the end.
"""

from collections import Counter

import pytest

KINDS = ("faults", "bad inputs", "hostile strings")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was borne, of how much, for each kind."""
    counts = {outcome: Counter[str]() for outcome in ("passed", "failed")}
    for outcome, count in counts.items():
        for report in terminalreporter.getreports(outcome):
            for name, number in getattr(report, "user_properties", ()):
                if name in KINDS:
                    count[name] += number
    for kind in KINDS:
        total = counts["passed"][kind] + counts["failed"][kind]
        if total:
            terminalreporter.write_line(
                f"campaign: {kind}: {counts['passed'][kind]} of {total} borne"
            )
