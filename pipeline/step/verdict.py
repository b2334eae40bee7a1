"""The verdict on a table, by which later steps know whether it may be used."""

from pipeline.files import write_json
from pipeline.step.run import StepRun
from pipeline.store.verdicts import Verdict, alias, used_although
from pipeline.store.versions import Version
from pipeline.tracking.record import Row

__all__ = ["Verdict", "publish"]


def publish(run: StepRun, name: str, table: Version, verdict: Verdict, checks: list[Row]) -> None:
    """Make the verdict an output, the newest on this table; refuse a table that did not pass.

    Args:
        run: of the step that has read the table, then its reference if there is one.
        name: of the artifact.
        table: what was checked.
        verdict: why it is refused, if it is, and why it is to be used all the same.
        checks: a row for each check.
    """
    # By name and digest: these are the same in every store, unlike the number.
    read = [{"name": facts["name"], "digest": facts["digest"]} for facts in run.record.inputs]
    content = {"table": read[0], "reference": read[1] if read[1:] else None, **verdict,
               "checks": checks}  # fmt: skip
    path = run.output_path(name)
    write_json(path, content)
    about = f"Whether check_data lets {table.name} pass, and why"
    metadata = {**verdict, "table": table.digest}
    run.add_artifact(name, path, "checks", about, metadata, [alias(table.digest)])
    if verdict["reason"] and verdict["override"]:
        run.note(used_although(table.reference, verdict["reason"], verdict["override"]))
    elif verdict["reason"]:
        run.refuse(
            f"check_data refuses {table.reference}: {verdict['reason']}; mend the table, or what "
            "data.checks expects of it; data.checks.override=REASON uses it all the same"
        )
