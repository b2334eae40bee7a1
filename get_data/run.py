"""Fetch the raw table, check that it is one, keep it as an artifact."""

import sys
from argparse import Namespace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from get_data import fetch
from pipeline import paths
from pipeline.step import arguments, start
from pipeline.tables import table_files


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("get_data", args) as run:
        target = run.output_path(args.artifact_name)
        source = fetch.fetch(args.file_url, target.parent, paths.ROOT, args.sha256)
        table = table_files.read_foreign(source, args.file_url)
        run.logger.info("%s rows, %s columns", f"{table.num_rows:,}", table.num_columns)
        run.log({"rows": table.num_rows, "columns": table.num_columns})
        run.write_table(args.artifact_name, table, args.artifact_type, args.artifact_description)


if __name__ == "__main__":
    go(arguments.parse(__file__))
