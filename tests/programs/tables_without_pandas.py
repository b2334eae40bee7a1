"""Write tables into FOLDER and read them again: pandas is never imported."""

import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from pipeline.tables import table_files

source = pa.BufferReader(b'a,b,c,d\n1,x,2020-01-01 10:00:00,0.5\n,"",,\n')
table = csv.read_csv(source)  # pa.table of lists would import pandas by itself
table = table.set_column(1, "b", table["b"].dictionary_encode())
for name in ("t.csv", "t.parquet"):
    path = Path(sys.argv[1], name)
    assert table_files.read(path, table_files.write(table, path)).equals(table)
    table_files.read_foreign(path, name)
marked = Path(sys.argv[1], "u.csv")
marked.write_text("a;b;c;d\n1.234,5;31.12.2020;007;1 Mar 2020 5:07 PM\n2,5;1.2.2021;;?\n")
table_files.read_foreign(marked, "u.csv")
assert "pandas" not in sys.modules
