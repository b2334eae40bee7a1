"""Divide the table into a train and a test table."""

import sys
from argparse import Namespace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from pipeline import arguments, tracking
from pipeline.splits import Division
from segregate.split import split


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with tracking.start_run("segregate", args) as run:
        table = run.read_table(args.input_artifact)
        how = Division(
            args.test_size,
            args.random_state,
            args.method,
            args.stratify,
            arguments.columns("group_by", args.group_by),
            args.time_column,
            args.gap,
        )
        train, test = split(table, how)
        for part, rows in (("train", train), ("test", test)):
            run.logger.info("%s: %s rows", part, f"{rows.num_rows:,}")
            run.log({f"rows_{part}": rows.num_rows})
            name = f"{args.artifact_root}_{part}.csv"
            run.write_table(name, rows, args.artifact_type, f"The {part} rows of the table")


if __name__ == "__main__":
    go(arguments.parse(__file__))
