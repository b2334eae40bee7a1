"""Print the names of the checks that a bad table fails."""

import pyarrow as pa

from check_data import expectations

expected = {"min_rows": 2, "columns": {"x": {"max": 0}}}
found = expectations.findings(pa.table({"x": [1]}), expected)
print([finding.name for finding in found if finding.verdict == "failed"])
