"""Drop duplicate rows, build the text feature; say how many rows went and why."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

import pyarrow as pa

from pipeline import arguments, tracking
from pipeline.ahead import ahead
from preprocess import clean


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with tracking.start_run("preprocess", args) as run:
        config = arguments.yaml_file("config", args.config)
        source = run.open_table(args.input_artifact)

        def pieces() -> Iterator[pa.Table]:
            return ahead(source.pieces())

        known = clean.survey(pieces, config)
        schema = clean.schema_after(source.schema, known, config)
        run.logger.info(
            "%s rows in, %s exact duplicates dropped, %s rows out; %s constant columns dropped",
            *(
                f"{known.counts[name]:,}"
                for name in ("rows_in", "duplicates", "rows_out", "columns_dropped")
            ),
        )
        run.log(known.counts)
        about = (args.artifact_name, schema, args.artifact_type, args.artifact_description)
        with run.table_writer(*about) as writer:
            for rows in ahead(clean.cleaned(pieces, known, config)):
                writer.write(rows)


if __name__ == "__main__":
    go(arguments.parse(__file__))
