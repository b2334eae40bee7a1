"""The certificate of a split: what it is, and what it lets through."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.markdown import markdown
from pipeline.splits.division import Division, Keys, Rows
from pipeline.splits.stratified import Classes

PIECE = 2**20  # row numbers that are digested at a time


def certify(how: Division, keys: Keys, parts: Rows) -> dict[str, Any]:
    """Describe an assignment of rows.

    Args:
        how: how the table was divided.
        keys: of its rows.
        parts: the row numbers of the train and of the test table.

    Returns:
        JSON-ready: method and its options, rows, classes (rows and share on both sides, the
        largest deviation), assignment (SHA-256 of the two lists of row numbers).
    """
    first, second = map(len, parts)
    certificate: dict[str, Any] = {
        "method": how.method,
        "seed": how.seed,
        "test_size": how.size,
        "stratify": how.stratify,
        "group_by": list(how.group_by) if how.method in ("group", "hash") else [],
        "rows": {"train": first, "test": second, "neither": keys.rows - first - second},
        "assignment": _digest(parts),
    }
    if keys.classes:
        classes = _classes(keys.classes, parts)
        certificate["classes"] = classes
        certificate["largest_deviation"] = max(
            (abs(c["share_test"] - c["share_train"]) for c in classes), default=0.0
        )
    return certificate


def _digest(parts: Rows) -> str:
    digest = hashlib.sha256()
    for number, part in enumerate(parts):
        digest.update(b"|" * number)
        for start in range(0, len(part), PIECE):
            digest.update(np.asarray(part[start : start + PIECE], "<i8").tobytes())
    return digest.hexdigest()


def _classes(classes: Classes, parts: Rows) -> list[dict[str, Any]]:
    counts: list[NDArray[np.intp]] = [
        np.bincount(classes.codes[part], minlength=len(classes.names)) for part in parts
    ]
    return [
        {"class": name, "train": int(train), "test": int(test),
         "share_train": train / len(parts[0]), "share_test": test / len(parts[1])}
        for name, train, test in sorted(zip(classes.names, *counts, strict=True))
    ]  # fmt: skip


def worst(certificate: dict[str, Any]) -> float:
    """Return the largest share of test rows that equal a train row, in all features or the key."""
    exact = ("rows equal in all features", "rows equal in the key")
    leaks = certificate["leaks"] or ()
    return max((leak["share"] for leak in leaks if leak["check"] in exact), default=0.0)


def summary(certificate: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the leaks as a table for people: shares in per cent, the worst first."""
    leaks = sorted(
        certificate["leaks"] or (), key=lambda leak: (not leak["suspicious"], -leak["share"])
    )
    return [
        {"check": leak["check"], "columns": leak["columns"], "share": f"{leak['share']:.1%}",
         "verdict": "look at it" if leak["suspicious"] else "known"}
        for leak in leaks
    ]  # fmt: skip


def text(certificate: dict[str, Any]) -> str:
    """Return the certificate for people, as Markdown."""
    rows = certificate["rows"]
    by = certificate["stratify"] or ", ".join(certificate["group_by"])
    lines = [
        "# How the rows are divided",
        "",
        f"Method {certificate['method']}{f' by {by}' if by else ''}, seed {certificate['seed']}: "
        f"{rows['train']:,} rows to train, {rows['test']:,} to test, {rows['neither']:,} in "
        f"neither. SHA-256 of the assignment: `{certificate['assignment']}`.",
    ]
    if time := certificate.get("time"):
        spans = [" to ".join(map(str, time[part])) for part in ("train", "test")]
        lines += ["", f"Time ({time['column']}): train {spans[0]}, test {spans[1]}; of the test "
                  f"rows {time['overlap']:.1%} are not later than the last train row."]  # fmt: skip
    if classes := certificate.get("classes"):
        shares = [row | {side: f"{row[side]:.2%}" for side in ("share_train", "share_test")}
                  for row in classes]  # fmt: skip
        most = certificate["largest_deviation"]
        lines += [
            "",
            "## Classes",
            "",
            markdown(shares),
            f"Largest deviation of a share: {most:.3%}.",
        ]
    lines += ["", "## What test rows have in common with train rows", ""]
    if certificate["leaks"] is None:
        return "\n".join([*lines, "It was not looked for.", ""])
    return "\n".join([*lines, markdown(summary(certificate)) or "Nothing was found.\n"])


def warnings(certificate: dict[str, Any]) -> list[str]:
    """Return a line for each leak that is worth one, the worst first."""
    lines = []
    for leak in sorted(certificate["leaks"] or (), key=lambda leak: -leak["share"]):
        names = leak["columns"].split(", ")
        columns = leak["columns"] if len(names) <= 3 else f"{len(names)} columns"
        about = f" ({columns})" if columns else ""
        if leak["suspicious"] and leak["check"].startswith("rows"):
            advice = "data/segregate=group keeps such rows together"
            lines.append(f"{leak['share']:.1%} of the test rows: {leak['check']}{about}; {advice}")
        elif leak["suspicious"]:
            lines.append(f"a feature {leak['check']}{about}; is it known before the target is?")
    return lines
