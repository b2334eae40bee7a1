"""Stop a bad table: run the checks with pytest, record every finding, fail if one fails."""

import re
import sys
from argparse import Namespace
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the repository, not this folder

import pyarrow as pa

from check_data import check, suite
from pipeline import arguments, tracking
from pipeline.errors import InputError


def go(args: Namespace) -> None:
    """Run the step with the parameters of its MLproject."""
    with tracking.start_run("check_data", args) as run:
        expectations = arguments.yaml_file("config", args.config)
        sample = run.read_table(args.sample_artifact)
        found = list(check.findings(sample, expectations))
        reference, findings = _compare(run, sample, args)
        _report(run, suite.run(sample, reference, found + findings))


def _compare(
    run: tracking.StepRun, sample: pa.Table, args: Namespace
) -> tuple[pa.Table | None, list[check.Finding]]:
    """Compare with the reference, if there is one: the reference, and what was found."""
    asked = args.reference_artifact
    if asked is None:
        return None, [_about_reference("none: data.reference is null", "skipped")]
    if not re.search(r":v\d+$", asked) and not run.exists(asked):  # a version must be there
        seen = f"none: {asked} is not there yet (data.reference=NAME:vN names a version)"
        return None, [_about_reference(seen, "skipped")]
    if run.version(asked).digest == run.version(args.sample_artifact).digest:
        seen = f"{asked} is the sample itself; name an older version, or data.reference=null"
        return None, [_about_reference(seen, "failed")]
    reference = run.read_table(asked)
    return reference, list(check.drift(sample, reference, args.ks_alpha))


def _about_reference(seen: str, verdict: str) -> check.Finding:
    return check.Finding("drift", "", "another table as reference", seen, verdict)


def _report(run: tracking.StepRun, results: list[check.Finding]) -> None:
    """Record every finding; refuse the table if one failed."""
    run.log_table("checks", [vars(f) for f in results])
    run.log({v: sum(f.verdict == v for f in results) for v in ("passed", "failed", "skipped")})
    for finding in (f for f in results if f.verdict != "passed"):
        run.logger.warning("%s: %s", finding.verdict, finding)
    if failed := [str(f) for f in results if f.verdict == "failed"]:
        raise InputError(
            f"{len(failed)} of {len(results)} checks failed ({'; '.join(failed)}); mend the table, "
            "or what data.checks expects of it"
        )
    run.logger.info("%d checks passed", sum(f.verdict == "passed" for f in results))


if __name__ == "__main__":
    go(arguments.parse(__file__))
