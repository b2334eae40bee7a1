"""The sections on the data: its profile, its checks, and how its rows were divided."""

from collections.abc import Mapping
from typing import Any

from pipeline.report.facts import Facts, output
from pipeline.report.masking import masked
from pipeline.report.panels import Panel, panels
from pipeline.report.profile import Column, Profile
from pipeline.report.words import compact, count, listed, percent
from pipeline.tracking.record import reference

CELL = 60  # characters of a value from the table
DRAWN = 40  # histograms that are drawn
CHECKS = ("type", "missing", "range", "values")  # those of one column, in the order of the table
VERDICTS = ("failed", "warned", "skipped", "passed")
View = dict[str, Any]


def table(recorded: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the rows of a small table that a step of the run recorded; none without it."""
    found = [step["tables"][name] for step in recorded["steps"] if step["tables"].get(name)]
    return list(found[-1]) if found else []


def tables(recorded: Mapping[str, Any]) -> list[View]:
    """Return the artifacts with rows that the run read or made, each once, in order."""
    found: dict[str, View] = {}
    for step in recorded["steps"]:
        for artifact in (*step["inputs"], *step["outputs"]):
            facts = artifact.get("metadata") or {}
            if "rows" in facts:
                found[reference(artifact)] = {
                    "reference": reference(artifact), "rows": facts["rows"],
                    "columns": len(facts.get("columns") or ()), "digest": artifact["digest"][:12],
                    "description": artifact.get("description") or "",
                }  # fmt: skip
    return list(found.values())


def profile(facts: Facts) -> View | None:
    """Return the columns of the table that was divided, and their histograms."""
    described = facts.profile
    if described is None:
        return None
    rows = [_described(column) for column in described.columns]
    return {"table": described.table, "rows": described.rows, "columns": rows,
            "picture": _histograms(described)}  # fmt: skip


def _described(column: Column) -> View:
    if column.least is not None:
        values = (
            f"{compact(column.least)} to {compact(column.most)}, median {compact(column.median)}"
        )
    elif column.top is not None:
        top = masked(" ".join(column.top.split()))
        cut = top if len(top) <= CELL else top[: CELL - 1] + "…"
        values = f"most often “{cut}” ({percent(column.top_share)})"
    else:
        values = "none"
    return {"name": column.name, "type": column.type, "missing": percent(column.missing),
            "distinct": f"{column.distinct:,}", "values": values}  # fmt: skip


def _histograms(described: Profile) -> Any:
    shown = [column for column in described.columns if column.heights and column.edges]
    if not shown:
        return None
    drawn = [
        Panel(c.name, f"{compact(c.edges[0])} to {compact(c.edges[1])}", bars=c.heights)
        for c in shown[:DRAWN]
        if c.edges
    ]
    gaps = [c.name for c in described.columns if c.missing > 0]
    lacking = f"values are missing in {listed(gaps, 3)}" if gaps else "no value is missing"
    cut = f", the first {DRAWN} drawn" if len(shown) > DRAWN else ""
    finding = f"{count(len(shown), 'numeric column')}{cut}; in the whole table {lacking}."
    return panels(drawn, "histograms", finding)


def checks(facts: Facts) -> View | None:
    """Return what the checks found: how many, those that did not pass, and a row per column."""
    found = table(facts.recorded, "checks")
    if not found:
        return None
    counts = {v: sum(f["verdict"] == v for f in found) for v in VERDICTS}
    said = ", ".join(f"{n} {verdict}" for verdict, n in reversed(counts.items()) if n)
    columns: dict[str, View] = {}
    for finding in found:
        if finding["check"] in CHECKS and finding["column"]:
            columns.setdefault(finding["column"], {})[finding["check"]] = finding
    order = {verdict: n for n, verdict in enumerate(VERDICTS)}
    others = sorted(
        (f for f in found if f["verdict"] != "passed"), key=lambda f: order[f["verdict"]]
    )
    return {"counts": counts, "said": said, "others": others, "columns": columns,
            "kinds": [k for k in CHECKS if any(k in held for held in columns.values())],
            "drift": table(facts.recorded, "drift")}  # fmt: skip


def split(facts: Facts) -> View | None:
    """Return what the certificate says of how the rows were divided; None without one."""
    made = facts.contents.get("certificate")
    if not made:
        return None
    leaks = sorted(made["leaks"] or (), key=lambda leak: (not leak["suspicious"], -leak["share"]))
    bad = [leak for leak in leaks if leak["suspicious"]]
    if made["leaks"] is None:
        finding = "Whether test rows have something in common with train rows was not looked for."
    elif bad:
        worst = bad[0]
        finding = (
            f"{percent(worst['share'])} of the test rows have a match in train: {worst['check']}."
        )
        if not worst["check"].startswith("rows"):
            finding = f"A feature {worst['check']} ({worst['columns']})."
    else:
        finding = "Nothing suspicious is common to test rows and train rows."
    artifact = output(facts.recorded, "certificate")
    by = made["stratify"] or ", ".join(made["group_by"])
    return {"made": made, "leaks": leaks, "finding": finding, "bad": bad, "by": by,
            "reference": reference(artifact) if artifact else ""}  # fmt: skip
