"""Map, fill, drop and merge what the config says, build the text feature; say what was done."""

import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from pipeline.config.preprocess import Preprocess
from pipeline.step import arguments, start
from preprocess import said
from preprocess.clean import clean


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("preprocess", args) as run:
        config = arguments.settings(Preprocess, "config", args.config)
        schema, counts, pieces = clean(
            run.open_table(args.input_artifact), asdict(config), run.engine.each
        )
        if words := said.done(counts):
            run.logger.info("%s", words)
        run.logger.info(
            "%s rows in, %s %s, %s rows out; %s constant columns dropped",
            f"{counts['rows_in']:,}", f"{counts['duplicates']:,}", said.called(config.duplicates),
            f"{counts['rows_out']:,}", f"{counts['columns_dropped']:,}",
        )  # fmt: skip
        run.log(counts)
        first = config.duplicates.keep == "first"
        if first and (told := said.many_dropped(counts, config.duplicates.by)):
            run.note(told)
        about = (args.artifact_name, schema, args.artifact_type, args.artifact_description)
        with run.table_writer(*about) as writer:
            for rows in pieces:
                writer.write(rows)


if __name__ == "__main__":
    go(arguments.parse(__file__))
