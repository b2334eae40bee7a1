"""Divide the table into a train and a test table."""

import json
import sys
from argparse import Namespace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

import pyarrow as pa

from pipeline import arguments, tracking
from pipeline.errors import InputError
from pipeline.splits import Division
from segregate import certificate
from segregate.split import Split, split


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
        done = split(table, how)
        for part, rows in (("train", done.train), ("test", done.test)):
            run.logger.info("%s: %s rows", part, f"{rows.num_rows:,}")
            run.log({f"rows_{part}": rows.num_rows})
            name = f"{args.artifact_root}_{part}.csv"
            run.write_table(name, rows, args.artifact_type, f"The {part} rows of the table")
        _certify(run, table, done, how, args)


def _certify(
    run: tracking.StepRun, table: pa.Table, done: Split, how: Division, args: Namespace
) -> None:
    """Record what the split is and lets through; stop if that is more than is allowed."""
    wanted = arguments.yaml_file("audit", args.audit)
    made = certificate.certify(
        table, done.rows, how, wanted.get("key") or (), wanted.get("val_size")
    )
    run.log_table("leaks", certificate.summary(made))
    if "classes" in made:
        run.log_table("classes", made["classes"])
    run.log({"leak": certificate.worst(made)})
    for line in certificate.warnings(made):
        run.logger.warning("%s", line)
    most = wanted.get("max_leak")
    if most is not None and certificate.worst(made) > most:
        raise InputError(
            f"{certificate.worst(made):.1%} of the test rows equal a train row, more than "
            f"max_leak={most}; take data/segregate=group, or drop duplicates in preprocess"
        )
    name = f"{args.artifact_root}_certificate.json"
    path = run.output_path(name)
    path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    run.add_artifact(name, path, "certificate", "What the split is and what it lets through", {})


if __name__ == "__main__":
    go(arguments.parse(__file__))
