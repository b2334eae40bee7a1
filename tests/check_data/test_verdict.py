"""What follows from results."""

import pytest

from check_data import verdict
from pipeline.drift.result import CheckResult
from pipeline.errors import InputError

RANGE = CheckResult("range", "my tempo", "0 to 3", "1 to 4", "failed")
DRIFT = CheckResult("drift", "energy", "as it was", "other", "failed")
OWN = CheckResult("test_few", "", "to hold", "AssertionError", "failed")
PASSED = CheckResult("rows", "", "at least 1", "4", "passed")
SKIPPED = CheckResult("drift", "", "a reference", "none", "skipped")
ALL = [RANGE, DRIFT, OWN, PASSED, SKIPPED]


@pytest.mark.parametrize(
    ("warn", "left"),
    [
        ([], [RANGE, DRIFT, OWN]),
        (["drift"], [RANGE, OWN]),
        (["range my tempo", "drift energy"], [OWN]),
        (["test_few"], [RANGE, DRIFT]),
        (["type", "drift other"], [RANGE, DRIFT, OWN]),  # there are such checks, none has failed
    ],
)
def test_which_only_warn(warn: list[str], left: list[CheckResult]) -> None:
    found = verdict.warned(ALL, warn, ["my tempo", "energy", "other"])
    assert [f for f in found if f.verdict == "failed"] == left
    assert [f.name for f in found] == [f.name for f in ALL]
    assert sum(f.verdict == "warned" for f in found) == 3 - len(left)


@pytest.mark.parametrize(
    ("name", "word"),
    [("drfit", "did you mean 'drift'?"), ("range tmepo", "'range COLUMN'"), ("", "choose from")],
)
def test_a_check_that_is_not_there(name: str, word: str) -> None:
    with pytest.raises(InputError, match=f"^checks.warn: no check is called '{name}'") as caught:
        verdict.warned(ALL, [name], [])
    assert word in str(caught.value)


def test_the_summary() -> None:
    assert verdict.summary([PASSED] * 3) == "3 checks passed"
    assert verdict.summary(ALL) == "1 checks passed, 1 skipped, 3 failed"
    warned = verdict.warned(ALL, ["drift", "range", "test_few"], [])
    assert verdict.summary(warned) == "1 checks passed, 3 warned, 1 skipped"
    assert verdict.counts(ALL) == {"passed": 1, "failed": 3, "warned": 0, "skipped": 1}


def test_failures_are_a_reason_in_a_line_that_ends() -> None:
    assert verdict.reason([PASSED, SKIPPED]) is None
    reason = verdict.reason([RANGE, PASSED])
    assert reason
    assert reason.startswith("1 of 2 checks failed (range my tempo: expected 0 to 3, ")
    reason = verdict.reason([RANGE] * 48)
    assert reason
    assert reason.endswith("; and 45 more, see checks.md in MLflow)")
    assert reason.count("range my tempo") == 3


def test_what_is_seen_may_be_long() -> None:
    result = CheckResult("values", "text", "one of ['x']", "y" * 10**7, "failed")
    assert result.seen == f"{'y' * 1000}..."
    assert len(str(result)) < 1100
