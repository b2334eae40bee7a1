"""What a check found."""

from dataclasses import dataclass

LONGEST = 1000
VERDICTS = ("passed", "warned", "skipped", "failed")


@dataclass(frozen=True)
class CheckResult:
    """One check of one column: what was expected, what was seen, and the verdict.

    The verdict is one of VERDICTS; one that warned has failed and may (`data.checks.warn`). What
    was expected and seen is cut after LONGEST characters: a value may have millions.
    """

    check: str
    column: str
    expected: str
    seen: str
    verdict: str

    def __post_init__(self) -> None:
        for name in ("expected", "seen"):
            if len(text := getattr(self, name)) > LONGEST:
                object.__setattr__(self, name, f"{text[:LONGEST]}...")

    @property
    def name(self) -> str:
        """The check and the column it is about."""
        return f"{self.check} {self.column}".strip()

    def __str__(self) -> str:
        return f"{self.name}: expected {self.expected}, seen {self.seen}"
