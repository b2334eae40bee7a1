"""Stop a bad table: run the checks with pytest, record every result, fail if one fails."""

import re
import sys
from argparse import Namespace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

from check_data import expectations, labels, suite, verdict
from pipeline.config.checks import Checks
from pipeline.drift import compare
from pipeline.drift.result import CheckResult
from pipeline.step import arguments, start
from pipeline.step.verdict import Verdict, publish
from pipeline.tables.reading.mapped import Columns


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with start.start_run("check_data", args) as run:
        config = arguments.settings(Checks, "config", args.config)
        table = run.version(args.sample_artifact)
        sample = Columns(run.open_table(table.reference), run.scratch())
        expected = list(expectations.results(sample, config, run.engine.each))
        reference, drifted = _compare(run, sample, args, config)
        results = suite.run(sample, reference, expected + drifted)
        results += _labels(run, sample, reference, config)
        results = verdict.warned(results, config.warn, sample.column_names)
        _report(run, results)
        outcome: Verdict = {"reason": verdict.reason(results), "override": config.override}
        publish(run, args.artifact_name, table, outcome, [vars(result) for result in results])


def _compare(
    run: start.StepRun, sample: Columns, args: Namespace, config: Checks
) -> tuple[Columns | None, list[CheckResult]]:
    """Compare with the reference, if there is one: the reference, and the results."""
    asked = args.reference_artifact
    if asked is None:
        return None, [_about_reference("none: data.reference is null", "skipped")]
    if not re.search(r":v\d+$", asked) and not run.exists(asked):  # a version must be there
        seen = f"none: {asked} is not there yet (main.action=set_reference makes it)"
        return None, [_about_reference(seen, "skipped")]
    if run.version(asked).digest == run.version(args.sample_artifact).digest:
        return None, [_about_reference(f"the table is {asked} itself: no comparison", "skipped")]
    reference = Columns(run.open_table(asked), run.scratch())
    results, rows = compare.compare(sample, reference, args.ks_alpha, config, run.engine.each)
    run.log_table("drift", rows)
    return reference, results


def _labels(
    run: start.StepRun, sample: Columns, reference: Columns | None, config: Checks
) -> list[CheckResult]:
    """Count rows that equal others and have another target; return what is beyond its limit."""
    found = list(labels.counts(sample, reference, config.labels, run.engine.each))
    for check, rows, of, _ in found:
        run.logger.info("%s: %s of %s rows equal others with another target", check, rows, of)
    return list(labels.results(found, config.labels))


def _about_reference(seen: str, verdict: str) -> CheckResult:
    return CheckResult("drift", "", "another table as reference", seen, verdict)


def _report(run: start.StepRun, results: list[CheckResult]) -> None:
    """Record every result; say what did not pass."""
    run.log_table("checks", [vars(result) for result in results])
    run.log(verdict.counts(results))
    for result in (f for f in results if f.verdict != "passed"):
        run.logger.warning("%s: %s", result.verdict, result)
    run.logger.info("%s", verdict.summary(results))


if __name__ == "__main__":
    go(arguments.parse(__file__))
