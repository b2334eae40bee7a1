"""Print the names of the checks that a bad table fails."""

import pyarrow as pa

from check_data import expectations
from pipeline.config.checks import Checks, Column

checks = Checks({"x": Column("any", max=0)}, min_rows=2)
results = expectations.results(pa.table({"x": [1]}), checks)
print([result.name for result in results if result.verdict == "failed"])
