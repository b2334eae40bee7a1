"""Divide the table into a train and a test table."""

import json
import sys
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from pipeline.errors import InputError
from pipeline.splits.division import Division
from pipeline.step import arguments, start
from segregate import certificate
from segregate.split import split


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("segregate", args) as run, ExitStack() as stack:
        how = Division(
            args.test_size,
            args.random_state,
            args.method,
            args.stratify,
            arguments.columns("group_by", args.group_by),
            args.time_column,
            args.gap,
        )
        audit = arguments.yaml_file("audit", args.audit)
        most = audit.get("max_leak")
        if most is not None and not audit.get("leaks", True):
            raise InputError(f"max_leak={most} needs leaks=true: without, leaks are not looked for")
        source = run.open_table(args.input_artifact)
        names = [f"{args.artifact_root}_{part}.{args.format}" for part in ("train", "test")]
        about = [f"The {part} rows of the table" for part in ("train", "test")]
        writers = [
            stack.enter_context(run.table_writer(name, source.schema, args.artifact_type, text))
            for name, text in zip(names, about, strict=True)
        ]
        made = split(source, how, writers, run.scratch(), audit)
        _report(run, made, most)
        stack.close()  # the two tables are whole
        name = f"{args.artifact_root}_certificate.json"
        path = run.output_path(name)
        path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        about_it = "What the split is and what it lets through"
        run.add_artifact(name, path, "certificate", about_it, {})


def _report(run: start.StepRun, made: dict[str, Any], most: float | None) -> None:
    """Record what the split is and lets through; stop if that is more than is allowed."""
    for part in ("train", "test"):
        run.logger.info("%s: %s rows", part, f"{made['rows'][part]:,}")
        run.log({f"rows_{part}": made["rows"][part]})
    run.log_text("certificate", certificate.text(made))
    if "classes" in made:
        run.log_table("classes", made["classes"])
    if made["leaks"] is None:
        run.logger.warning("leaks were not looked for: leaks=false")
        return
    run.log_table("leaks", certificate.summary(made))
    run.log({"leak": certificate.worst(made)})
    for line in certificate.warnings(made):
        run.logger.warning("%s", line)
    if most is not None and certificate.worst(made) > most:
        raise InputError(
            f"{certificate.worst(made):.1%} of the test rows equal a train row, more than "
            f"max_leak={most}; take data/segregate=group, or drop duplicates in preprocess"
        )


if __name__ == "__main__":
    go(arguments.parse(__file__))
