"""What a certificate says to people."""

from collections.abc import Iterator

from pipeline.judging.formatting import count, listed
from pipeline.markdown import markdown
from segregate.certificate import EQUAL_KEY, EQUAL_ROWS, Certificate


def worst(certificate: Certificate) -> float:
    """Return the largest share of test rows that equal a train row, in all features or the key."""
    equal = [leak for leak in certificate.leaks or () if leak.check in (EQUAL_ROWS, EQUAL_KEY)]
    return max((leak.share for leak in equal), default=0.0)


def summary(certificate: Certificate) -> list[dict[str, str]]:
    """Return the leaks as a table for people: shares in per cent, the worst first."""
    leaks = sorted(certificate.leaks or (), key=lambda leak: (not leak.suspicious, -leak.share))
    return [
        {"check": leak.check, "columns": leak.columns, "share": f"{leak.share:.1%}",
         "verdict": "look at it" if leak.suspicious else "known"}
        for leak in leaks
    ]  # fmt: skip


def text(certificate: Certificate) -> str:
    """Return the certificate for people, as Markdown."""
    rows = certificate.rows
    by = certificate.stratify or ", ".join(certificate.group_by)
    lines = [
        "# How the rows are divided",
        "",
        f"Method {certificate.method}{f' by {by}' if by else ''}, seed {certificate.seed}: "
        f"{rows['train']:,} rows to train, {rows['test']:,} to test, {rows['neither']:,} in "
        f"neither. SHA-256 of the assignment: `{certificate.assignment}`.",
    ]
    if time := certificate.time:
        train, test = (" to ".join(map(str, span)) for span in (time.train, time.test))
        lines += ["", f"Time ({time.column}): train {train}, test {test}; of the test "
                  f"rows {time.overlap:.1%} are not later than the last train row."]  # fmt: skip
    if certificate.classes:
        shares = [row | {side: f"{share:.2%}" for side, share in row.items() if "share" in side}
                  for row in certificate.classes]  # fmt: skip
        most = f"Largest deviation of a share: {certificate.largest_deviation:.3%}."
        lines += ["", "## Classes", "", markdown(shares), most]
    lines += ["", "## What test rows have in common with train rows", ""]
    if certificate.leaks is None:
        return "\n".join([*lines, "It was not looked for.", ""])
    return "\n".join([*lines, markdown(summary(certificate)) or "Nothing was found.\n"])


def one_sided(certificate: Certificate) -> Iterator[str]:
    """Yield a sentence on the classes that are in one of the tables only."""
    found = certificate.one_sided or ()
    if train := {row["class"]: row["train"] for row in found if row["train"]}:
        yield f"in the train table only: {_classes(train)}; no test row judges what is said of that"
    if test := {row["class"]: row["test"] for row in found if row["test"]}:
        yield (
            f"in the test table only: {_classes(test)}; no model knows that, and such rows count "
            "as wrong: divide in another way (data/segregate=stratified), or drop or merge them "
            "with data.preprocess.rare"
        )


def _classes(rows: dict[str, int]) -> str:
    names = listed(f"{name} ({count(number, 'row')})" for name, number in rows.items())
    return f"{'class' if len(rows) == 1 else 'classes'} {names}"


def warnings(certificate: Certificate) -> list[str]:
    """Return a line for each leak that is worth one, the worst first."""
    lines = []
    for leak in sorted(certificate.leaks or (), key=lambda leak: -leak.share):
        names = leak.columns.split(", ")
        columns = leak.columns if len(names) <= 3 else f"{len(names)} columns"
        about = f" ({columns})" if columns else ""
        if leak.suspicious and leak.check.startswith("rows"):
            advice = "data/segregate=group keeps such rows together"
            lines.append(f"{leak.share:.1%} of the test rows: {leak.check}{about}; {advice}")
        elif leak.suspicious:
            lines.append(f"a feature {leak.check}{about}; is it known before the target is?")
    return lines
