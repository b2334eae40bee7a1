"""Drop duplicate rows, build the text feature; say how many rows went and why."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from pipeline.config.preprocess import Preprocess
from pipeline.step import arguments, start
from preprocess.clean import clean

MANY = 0.2  # of the rows; that more are dropped may not be what is meant


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("preprocess", args) as run:
        config = arguments.settings(Preprocess, "config", args.config)
        schema, counts, pieces = clean(run.open_table(args.input_artifact), asdict(config))
        run.logger.info(
            "%s rows in, %s exact duplicates dropped, %s rows out; %s constant columns dropped",
            *(f"{counts[n]:,}" for n in ("rows_in", "duplicates", "rows_out", "columns_dropped")),
        )
        run.log(counts)
        if told := many_dropped(counts):
            run.note(told)
        about = (args.artifact_name, schema, args.artifact_type, args.artifact_description)
        with run.table_writer(*about) as writer:
            for rows in pieces:
                writer.write(rows)


def many_dropped(counts: Mapping[str, float]) -> str | None:
    """Return a sentence on the rows that were dropped, None if they are no large share."""
    rows, gone = counts["rows_in"], counts["duplicates"]
    if gone <= MANY * rows:
        return None
    return (
        f"{gone:,} of {rows:,} rows ({gone / rows:.1%}) equal others in every column and are "
        f"dropped: {counts['rows_out']:,} distinct rows are left; "
        "data.preprocess.drop_duplicates=false keeps them all"
    )


if __name__ == "__main__":
    go(arguments.parse(__file__))
