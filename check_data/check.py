"""What a check found."""

from dataclasses import dataclass

VERDICTS = ("passed", "warned", "skipped", "failed")


@dataclass(frozen=True)
class CheckResult:
    """One check of one column: what was expected, what was seen, and the verdict.

    The verdict is one of VERDICTS; one that warned has failed and may (`data.checks.warn`).
    """

    check: str
    column: str
    expected: str
    seen: str
    verdict: str

    @property
    def name(self) -> str:
        """The check and the column it is about."""
        return f"{self.check} {self.column}".strip()

    def __str__(self) -> str:
        return f"{self.name}: expected {self.expected}, seen {self.seen}"
