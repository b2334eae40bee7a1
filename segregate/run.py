"""Divide the table into a train and a test table."""

import sys
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from pipeline.config.segregate import Audit
from pipeline.errors import InputError
from pipeline.splits.division import Division
from pipeline.step import arguments, start
from segregate import certificate_text
from segregate.certificate import Certificate
from segregate.split import split


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("segregate", args) as run, ExitStack() as stack:
        audit = arguments.settings(Audit, "audit", args.audit)
        how = Division(
            args.test_size,
            args.random_state,
            method=args.method,
            stratify=args.stratify,
            group_by=arguments.columns("group_by", args.group_by),
            time_column=args.time_column,
            gap=args.gap,
            classes=audit.task == "classification",
        )
        if (most := audit.max_leak) is not None and not audit.leaks:
            raise InputError(f"max_leak={most} needs leaks=true: without, leaks are not looked for")
        run.require_checked([args.input_artifact], args.checks_artifact, args.checks_override)
        source = run.open_table(args.input_artifact)
        names = [f"{args.artifact_root}_{part}.{args.format}" for part in ("train", "test")]
        about = [f"The {part} rows of the table" for part in ("train", "test")]
        writers = [
            stack.enter_context(run.table_writer(name, source.schema, args.artifact_type, text))
            for name, text in zip(names, about, strict=True)
        ]
        certified = split(source, how, writers, run.scratch(), audit, run.engine.each)
        _report(run, certified, most)
        stack.close()  # the two tables are whole
        name = f"{args.artifact_root}_certificate.json"
        path = run.output_path(name)
        path.write_text(certified.as_json(), encoding="utf-8")
        run.add_artifact(name, path, "certificate", "What the split is and lets through", {})


def _report(run: start.StepRun, certified: Certificate, most: float | None) -> None:
    """Record what the split is and lets through; stop if that is more than is allowed."""
    for part, number in (("train", certified.rows["train"]), ("test", certified.rows["test"])):
        run.logger.info("%s: %s rows", part, f"{number:,}")
        run.log({f"rows_{part}": number})
    for line in certificate_text.one_sided(certified):
        run.note(line)
    run.log_text("certificate", certificate_text.text(certified))
    if certified.classes is not None:
        run.log_table("classes", [dict(row) for row in certified.classes])
    if certified.leaks is None:
        run.logger.warning("leaks were not looked for: leaks=false")
        return
    worst = certificate_text.worst(certified)
    run.log_table("leaks", certificate_text.summary(certified))
    run.log({"leak": worst})
    for line in certificate_text.warnings(certified):
        run.logger.warning("%s", line)
    if most is not None and worst > most:
        raise InputError(
            f"{worst:.1%} of the test rows equal a train row, more than max_leak={most}; take "
            "data/segregate=group, or data.preprocess.drop_duplicates=true"
        )


if __name__ == "__main__":
    go(arguments.parse(__file__))
