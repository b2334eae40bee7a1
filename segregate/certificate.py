"""The certificate of a split: what it is, and what it lets through."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.splits import Division, divide
from segregate.audit import Leak, audit, equal_in_key

WITHOUT_VALIDATION = "rows equal in the key, validation rows aside"


def certify(
    table: pa.Table,
    rows: tuple[np.ndarray, np.ndarray],
    how: Division,
    key: Sequence[str] = (),
    val_size: float | None = None,
) -> dict[str, Any]:
    """Describe a split.

    Args:
        table: the table that was divided.
        rows: the row numbers of the train and of the test table.
        how: how it was divided; its stratify column, if any, is taken for the target.
        key: columns that say which rows are of one thing; may be empty.
        val_size: share of the train rows that are going to be validation rows; then the rows
            equal in the key are also counted against the others alone.

    Returns:
        JSON-ready: method and its options, rows, classes (rows and share on both sides, the
        largest deviation), time (last train and first test moment), assignment (SHA-256 of the
        two lists of row numbers), leaks (see segregate.audit).
    """
    first, second = rows
    train, test = (table.take(pa.array(part)) for part in rows)
    numbers = b"|".join(np.asarray(part, "<i8").tobytes() for part in rows)
    certificate: dict[str, Any] = {
        "method": how.method,
        "seed": how.seed,
        "test_size": how.size,
        "stratify": how.stratify,
        "group_by": list(how.group_by) if how.method in ("group", "hash") else [],
        "rows": {"train": len(first), "test": len(second),
                 "neither": table.num_rows - len(first) - len(second)},
        "assignment": hashlib.sha256(numbers).hexdigest(),
    }  # fmt: skip
    if how.stratify:
        certificate["classes"] = _classes(train[how.stratify], test[how.stratify])
        certificate["largest_deviation"] = max(
            (abs(c["share_test"] - c["share_train"]) for c in certificate["classes"]), default=0.0
        )
    if how.time_column:
        last, begin = pc.max(train[how.time_column]), pc.min(test[how.time_column])
        certificate["time"] = {"last_train": str(last), "first_test": str(begin), "gap": how.gap}
    leaks = [*audit(train, test, how.stratify, key)]
    if key and val_size:
        leaks.append(_without_validation(train, test, how, key, val_size))
    certificate["leaks"] = [asdict(leak) for leak in leaks]
    return certificate


def _without_validation(
    train: pa.Table, test: pa.Table, how: Division, key: Sequence[str], val_size: float
) -> Leak:
    """Count the test rows whose key is among the train rows that are left to fit."""
    fitted, _ = divide(train, replace(how, size=val_size, size_name="val_size"))
    share = equal_in_key(train.take(pa.array(fitted)), test, key)
    return Leak(WITHOUT_VALIDATION, ", ".join(key), share, share > 0)


def _classes(train: pa.ChunkedArray, test: pa.ChunkedArray) -> list[dict[str, Any]]:
    counts = [{str(c["values"]): c["counts"] for c in pc.value_counts(part).to_pylist()}
              for part in (train, test)]  # fmt: skip
    return [
        {"class": name, "train": counts[0].get(name, 0), "test": counts[1].get(name, 0),
         "share_train": counts[0].get(name, 0) / len(train),
         "share_test": counts[1].get(name, 0) / len(test)}
        for name in sorted({*counts[0], *counts[1]})
    ]  # fmt: skip


def worst(certificate: dict[str, Any]) -> float:
    """Return the largest share of test rows that equal a train row, in all features or the key."""
    exact = ("rows equal in all features", "rows equal in the key")
    leaks = certificate["leaks"]
    return max((leak["share"] for leak in leaks if leak["check"] in exact), default=0.0)


def summary(certificate: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the leaks as a table for people: shares in per cent, the worst first."""
    leaks = sorted(certificate["leaks"], key=lambda leak: (not leak["suspicious"], -leak["share"]))
    return [
        {"check": leak["check"], "columns": leak["columns"], "share": f"{leak['share']:.1%}",
         "verdict": "look at it" if leak["suspicious"] else "known"}
        for leak in leaks
    ]  # fmt: skip


def warnings(certificate: dict[str, Any]) -> list[str]:
    """Return a line for each leak that is worth one, the worst first."""
    lines = []
    for leak in sorted(certificate["leaks"], key=lambda leak: -leak["share"]):
        names = leak["columns"].split(", ")
        columns = leak["columns"] if len(names) <= 3 else f"{len(names)} columns"
        about = f" ({columns})" if columns else ""
        if leak["suspicious"] and leak["check"].startswith("rows"):
            advice = "data/segregate=group keeps such rows together"
            lines.append(f"{leak['share']:.1%} of the test rows: {leak['check']}{about}; {advice}")
        elif leak["suspicious"]:
            lines.append(f"a feature {leak['check']}{about}; is it known before the target is?")
    return lines
