"""Pytest's part in the checks: every result is a test, and the user's own tests run."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from check_data import suite
from pipeline.drift.result import CheckResult

TABLE = pa.table({"n": [1, 2, 3, 4]})
PASSED = CheckResult("rows", "", "at least 1", "4", "passed")
FAILED = CheckResult("range", "n", "0 to 3", "1 to 4", "failed")
SKIPPED = CheckResult("drift", "", "a reference", "none", "skipped")

Own = Callable[[str], None]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Own:
    """Add tests to a copy of test_data.py, which is then the one that is run."""

    def add(code: str) -> None:
        path = tmp_path / "test_data.py"
        path.write_text(f"{suite.TESTS.read_text()}\n\n{code}\n")
        monkeypatch.setattr(suite, "TESTS", path)

    return add


def test_every_finding_is_reported_in_order() -> None:
    found = [PASSED, FAILED, SKIPPED, PASSED, FAILED]
    assert suite.run(TABLE, None, found) == found


def test_no_findings() -> None:
    (only,) = suite.run(TABLE, None, [])
    assert only.verdict == "skipped"


@pytest.mark.slow
def test_own_tests_pass_and_fail(own: Own) -> None:
    own("""
def test_few(sample):
    assert sample.num_rows > 100, 'too few rows'

def test_plain(sample):
    assert sample.num_rows > 100

def test_fine(sample, reference):
    assert reference.num_rows == 2 < sample.num_rows

def test_error(sample):
    sample["nope"]
""")
    given, few, plain, fine, error = suite.run(TABLE, TABLE.slice(0, 2), [PASSED])
    assert given == PASSED
    assert (few.check, few.verdict) == ("test_few", "failed")
    assert few.seen == "AssertionError: too few rows"
    assert (plain.check, plain.verdict) == ("test_plain", "failed")
    assert plain.seen == "assert 4 > 100"
    assert fine == CheckResult("test_fine", "", "to hold", "holds", "passed")
    assert (error.verdict, "nope" in error.seen) == ("failed", True)


@pytest.mark.slow
def test_own_tests_can_be_skipped_and_parametrized(own: Own) -> None:
    own("""
def test_skipped(reference):
    if reference is None:
        pytest.skip("no reference")

@pytest.mark.parametrize("most", [3, 4])
def test_bound(sample, most):
    assert max(sample["n"].to_pylist()) <= most
""")
    _, skipped, three, four = suite.run(TABLE, None, [PASSED])
    assert skipped == CheckResult("test_skipped", "", "to hold", "Skipped: no reference", "skipped")
    assert (three.check, three.verdict) == ("test_bound[3]", "failed")
    assert (four.check, four.verdict) == ("test_bound[4]", "passed")


@pytest.mark.slow
def test_an_own_test_of_a_finding_has_its_own_verdict(own: Own) -> None:
    own("""
def test_strict(result):
    assert result.check != "rows", "no rows, please"
""")
    given, _, strict, agrees = suite.run(TABLE, None, [PASSED, FAILED])
    assert given == PASSED
    assert (strict.check, strict.verdict) == ("test_strict[rows ]", "failed")
    assert strict.seen == "AssertionError: no rows, please"
    assert (agrees.check, agrees.verdict) == ("test_strict[range n]", "passed")


@pytest.mark.slow
def test_broken_fixtures_fail(own: Own) -> None:
    own("""
def test_unknown(smaple):
    pass

@pytest.fixture
def leaky():
    yield
    raise ValueError("left open")

def test_leaky(leaky):
    pass
""")
    _, unknown, leaky, after = suite.run(TABLE, None, [PASSED])
    assert (unknown.verdict, unknown.seen) == ("failed", "fixture 'smaple' not found")
    assert (leaky.verdict, after.verdict) == ("passed", "failed")
    assert after.seen == "ValueError: left open"


@pytest.mark.slow
@pytest.mark.parametrize("code", ["def test_(:", "import no_such_module", "1 / 0"])
def test_a_file_that_cannot_be_run(own: Own, code: str) -> None:
    own(code)
    with pytest.raises(RuntimeError, match=r"run `pytest .*test_data\.py` to see why"):
        suite.run(TABLE, None, [PASSED])


@pytest.mark.slow
def test_nothing_in_the_file(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "test_data.py").touch()
    monkeypatch.setattr(suite, "TESTS", tmp_path / "empty" / "test_data.py")
    with pytest.raises(RuntimeError, match="NO_TESTS_COLLECTED"):
        suite.run(TABLE, None, [PASSED])
