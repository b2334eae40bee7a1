"""Run test_data.py with pytest on two tables, and gather what every test found."""

import os
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.drift.result import CheckResult
from pipeline.tables.reading.mapped import AnyTable

TESTS = Path(__file__).with_name("test_data.py")


class _Plugin:
    """Gives the tests their tables and results, and keeps what they reported."""

    def __init__(
        self, sample: AnyTable, reference: AnyTable | None, expected: Sequence[CheckResult]
    ):
        self._tables = (sample, reference)
        self._expected = expected
        self.results: list[CheckResult] = []

    @pytest.fixture
    def sample(self) -> pa.Table:
        return _whole(self._tables[0])

    @pytest.fixture
    def reference(self) -> pa.Table | None:
        return None if self._tables[1] is None else _whole(self._tables[1])

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "result" in metafunc.fixturenames:
            ids = [f"{f.check} {f.column}" for f in self._expected]
            metafunc.parametrize("result", self._expected, ids=ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> bool | None:
        """Call a test that is given a result and nothing else; what fails goes pytest's way.

        That takes ten times as long, and a table of thousands of columns has tens of thousands.
        """
        plain = all(mark.name == "parametrize" for mark in item.iter_markers())
        if not plain or item.fixturenames != ["result"]:
            return None
        result = item.callspec.params["result"]
        if not isinstance(result, CheckResult) or result.verdict != "passed":
            return None
        try:
            item.obj(result=result)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception):
            return None  # pytest calls it again, and says what is wrong
        self.results.append(result)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call" or not report.passed:
            self.results.append(_result(item, report))
        return report


def _result(item: pytest.Function, report: pytest.TestReport) -> CheckResult:
    """The result that the test was given, or one made of what a test of the user's own said.

    Also of what the user's own test of a given result said, where its verdict is another.
    """
    given = getattr(item, "callspec", None)
    if given and isinstance(given.params.get("result"), CheckResult):
        result: CheckResult = given.params["result"]
        if result.verdict == report.outcome:
            return result
    return CheckResult(item.name, "", "to hold", _said(report), report.outcome)


def _said(report: pytest.TestReport) -> str:
    """What a test of the user's own said, in one line: of the report, the first line marked E."""
    if report.passed:
        return "holds"
    if isinstance(report.longrepr, tuple):  # file, line and reason of a skipped test
        return report.longrepr[2].partition("\n")[0]
    lines = report.longreprtext.strip().splitlines()
    return next((line[1:].strip() for line in lines if line.startswith("E ")), lines[-1])


def _whole(table: AnyTable) -> pa.Table:
    return table.select(table.column_names)


def run(
    sample: AnyTable, reference: AnyTable | None, expected: Sequence[CheckResult]
) -> list[CheckResult]:
    """Run the tests.

    Args:
        sample: the table that is checked.
        reference: the table that it is compared with, if there is one.
        expected: results of the checks of the config; each becomes a test.

    Returns:
        What every test found, in order.

    Raises:
        RuntimeError: pytest could not run the tests (a bug in test_data.py).
    """
    sys.modules.pop(TESTS.stem, None)  # or pytest takes what an earlier run imported
    plugin = _Plugin(sample, reference, expected)
    quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "--disable-plugin-autoload"]
    alone = ["-c", os.devnull, "--rootdir", str(TESTS.parent), "--import-mode=importlib"]
    status = pytest.main([*quiet, *alone, str(TESTS)], plugins=[plugin])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not plugin.results:
        raise RuntimeError(f"pytest ended with {status!r}: run `pytest {TESTS}` to see why")
    return plugin.results
