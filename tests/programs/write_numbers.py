"""Write a table of numbers of a type (KIND), as get_data does."""

import sys
from argparse import Namespace

import pyarrow as pa

from pipeline.step import start

with start.start_run("get_data", Namespace()) as run:
    table = pa.table({"n": pa.array([1, 2], sys.argv[1])})
    run.write_table("n.csv", table, "raw", "Numbers")
