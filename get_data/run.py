"""Fetch the raw table, check that it is one, keep it as an artifact."""

import sys
from argparse import Namespace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from get_data import fetch
from pipeline import paths, progress
from pipeline.config.preprocess import Download, Read
from pipeline.step import arguments, start
from pipeline.tables import databases
from pipeline.tables.external_chunks import TypedSource
from pipeline.tables.prefetch import ahead


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("get_data", args) as run:
        limits = arguments.settings(Download, "download", args.download)
        read = arguments.settings(Read, "read", args.read)
        source = fetch.fetch(args.file_url, run.scratch(), paths.ROOT, args.sha256, limits, read)
        table = TypedSource(source, args.file_url, read)
        table.said += databases.said(args.file_url, read)
        if table.said:
            run.logger.info("read so: %s", "; ".join(table.said))
        about = (args.artifact_name, table.schema, args.artifact_type, args.artifact_description)
        found = {"read": {"settings": table.settings, "said": table.said}}
        with run.table_writer(*about, found) as writer:
            for piece in progress.counted(ahead(table.pieces()), "rows", table.rows, len):
                writer.write(piece)
        rows, columns = writer.metadata["rows"], len(table.schema)
        run.logger.info("%s rows, %s columns", f"{rows:,}", columns)
        run.log({"rows": rows, "columns": columns})


if __name__ == "__main__":
    go(arguments.parse(__file__))
