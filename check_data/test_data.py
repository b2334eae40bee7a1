"""The tests of the data. run.py runs this file with pytest; add your own tests at its end.

Fixtures: ``sample`` and ``reference`` (pyarrow tables; reference is None until there is one) and
``finding``, one for each check that the dataset's config asks for.
"""

import pytest

from check_data.check import Finding


def test_expectation(finding: Finding) -> None:
    """A check of the dataset's config holds."""
    if finding.verdict == "skipped":
        pytest.skip(str(finding))
    assert finding.verdict == "passed", str(finding)
