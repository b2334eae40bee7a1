"""What was run, what came of it, and what is different from the run before."""

from collections.abc import Mapping
from typing import Any

from pipeline.config import steps as order
from pipeline.report.differences import changed, differences
from pipeline.report.facts import Facts
from pipeline.report.lineage import Node, lineage
from pipeline.report.words import command, count, interval, listed, moment, signed, title
from pipeline.tracking.record import reference

HOW = ("main.action=", "main.run=", "main.steps=")
View = dict[str, Any]


def run(facts: Facts) -> View:
    """Return what was run, and how to run it again."""
    recorded = facts.recorded
    code, identity = recorded["code"], recorded["run"]
    overrides = recorded["overrides"]
    whole = [word for word in overrides if not word.startswith(HOW)]
    failed = [step["step"] for step in recorded["steps"] if step["status"] == "failed"]
    return {
        "id": identity,
        "short": identity[:8],
        "finished": moment(recorded["finished"]),
        "command": command(overrides),
        "whole": command(whole),
        "verify": command(["main.action=verify", f"main.run={identity}"]),
        "verifiable": bool(code["commit"]) and not failed and bool(recorded["steps"]),
        "commit": code["commit"],
        "changed": changed(code["patch"]),
        "left_out": code["left_out"],
        "failed": failed,
        "masked": any("***" in word for word in overrides),
        "steps": recorded["steps"],
        "not_reached": not_reached(recorded),
    }


def not_reached(recorded: Mapping[str, Any]) -> list[str]:
    """Return the steps that were asked for and did not leave a record."""
    config = recorded["config"]
    asked = order.select(config["main"]["steps"], config["steps"])
    done = {step["step"] for step in recorded["steps"]}
    return [step for step in asked if step not in done]


def picture(facts: Facts) -> Any:
    """Return the lineage as a picture; None for a run without steps."""
    found = facts.recorded["steps"]
    if not found:
        return None
    nodes = [
        Node(s["step"], s["status"], s["error"] or why(s["reason"]),
             tuple(dict.fromkeys(map(reference, s["inputs"]))),
             tuple(dict.fromkeys(map(reference, s["outputs"]))))
        for s in found
    ]  # fmt: skip
    counts = {
        "ran": [n.name for n in nodes if n.status == "finished"],
        "served by earlier executions": [n.name for n in nodes if n.status == "cached"],
        "failed": [n.name for n in nodes if n.status == "failed"],
    }
    said = "; ".join(f"{said}: {listed(names, 8)}" for said, names in counts.items() if names)
    made = len({name for node in nodes for name in node.makes})
    return lineage(nodes, "lineage", f"{said}. {count(made, 'artifact')} in all.".capitalize())


def why(reason: str) -> str:
    """Return a reason without its verdict, which the status says."""
    return reason.partition(": ")[2] or reason


def previous(facts: Facts) -> View | None:
    """Return in what this run differs from the one before; None when there is none."""
    other = facts.previous
    if other is None:
        return None
    found = differences(facts.recorded, other)
    parts = [
        count(len(found["config"]), "config value"),
        count(len(found["code"]), "difference") + " in code and packages",
        count(len(found["data"]), "artifact") + " with other content",
    ]
    return {
        "short": other["run"][:8],
        "finished": moment(other["finished"]),
        "differs": found,
        "same": not any(found[kind] for kind in ("config", "code", "data")),
        "moved": [row for row in found["metrics"] if row["difference"]],
        "said": listed(parts),
    }


def gate(facts: Facts) -> View | None:
    """Return what the gate decided; None for a run without one."""
    made = facts.contents.get("gate")
    if not made:
        return None
    verb = "passed" if made["passed"] else "did not pass"
    promoted = " and is the champion now" if made["promoted"] else ""
    uses = [step["uses"] for step in facts.recorded["steps"] if step.get("uses")]
    made = dict(made) | {"test_set_used": uses[-1] if uses else None}
    return made | {"verdict": f"The model {verb} the gate{promoted}."}


def summary(facts: Facts, views: Mapping[str, Any]) -> View:
    """Return the top of the page: verdict, headline metric, what changed, what to mind."""
    judged = views["results"]
    first = judged["overall"][0] if judged and judged["overall"] else None
    return {
        "verdict": verdict(facts, views),
        "headline": first and {
            "name": title(first["metric"]),
            "text": interval(first),
            "note": first.get("note"),
            "estimate": first,
        },
        "change": change(views),
        "mind": mind(views),
    }  # fmt: skip


def verdict(facts: Facts, views: Mapping[str, Any]) -> str:
    """Return in one sentence how the run ended."""
    bad = [step for step in facts.recorded["steps"] if step["status"] == "failed"]
    decided = views["gate"]
    if decided and not decided["passed"]:
        return f"{decided['verdict']} {'; '.join(decided['reasons'])}".strip()
    if bad:
        return f"Step {bad[0]['step']} failed: {bad[0]['error'] or 'it left no reason'}."
    if missing := views["run"]["not_reached"]:
        return f"The run stopped before {listed(missing)} ended."
    done = f"{count(len(facts.recorded['steps']), 'step').capitalize()} ended well"
    if decided:
        return f"{done}. {decided['verdict']}"
    judged = views["results"]
    if judged and judged.get("rows"):
        return f"{done}; the model was judged on {judged['rows']:,} test rows."
    return f"{done}; {'the model was judged' if judged else 'no model was judged'}."


def change(views: Mapping[str, Any]) -> str:
    """Return in one sentence what is different from the run before."""
    view = views["previous"]
    if view is None:
        return "There is no earlier run with the same steps to compare with."
    since = f"Against run {view['short']} of {view['finished']}"
    if view["same"]:
        result = "but other metrics" if view["moved"] else "and the same metrics"
        return f"{since}: the same config, code and data, {result}."
    said = ""
    if row := _headline(view, views):
        moved = signed(row["difference"]) if row["difference"] else "unchanged"
        said = f"; {title(row['metric'])} {moved}"
    return f"{since}: {view['said']}{said}."


def _headline(view: View, views: Mapping[str, Any]) -> View | None:
    """Return the headline metric's difference, of the last step that has it."""
    judged = views["results"]
    name = judged["overall"][0]["metric"] if judged and judged["overall"] else None
    rows = [row for row in view["differs"]["metrics"] if row["metric"] == name]
    return rows[-1] if rows else None


def mind(views: Mapping[str, Any]) -> list[str]:
    """Return what a reader should know before trusting the figures."""
    lines = []
    if (found := views["split"]) and found["bad"]:
        lines.append(found["finding"])
    if (checked := views["checks"]) and (
        checked["counts"]["failed"] or checked["counts"]["warned"]
    ):
        lines.append(f"Checks of the data: {checked['said']}.")
    known = [
        row for row in (views["results"] or {}).get("per_class") or ()
        if (row.get("f1") or {}).get("value") is not None
    ]  # fmt: skip
    if len(known) > 2:
        weak = min(known, key=lambda row: float(row["f1"]["value"]))
        lines.append(f"The weakest class is {weak['class']}: F1 {interval(weak['f1'], 2)}, "
                     f"{count(weak['support'], 'row')}.")  # fmt: skip
    if (decided := views["gate"]) and (used := decided.get("test_set_used")) and used > 1:
        lines.append(f"This test set has been used {used} times.")
    return lines
