"""What a table must look like, and how far it is from that: one finding per check and column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.errors import InputError, did_you_mean

# min_rows, columns: {name: {type, min, max, allowed, max_missing}}
Expectations = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """One check of one column: what was expected, what was seen, and the verdict."""

    check: str
    column: str
    expected: str
    seen: str
    verdict: str  # passed · failed · skipped

    def __str__(self) -> str:
        subject = f"{self.check} {self.column}".strip()
        return f"{subject}: expected {self.expected}, seen {self.seen}"


def _finding(check: str, column: str, expected: object, seen: object, passed: bool) -> Finding:
    return Finding(check, column, str(expected), str(seen), "passed" if passed else "failed")


def findings(table: pa.Table, expectations: Expectations) -> Iterator[Finding]:
    """Check rows, columns, types, ranges, allowed values and missing shares of a table.

    Raises:
        InputError: a type that is not known is expected.
    """
    least = expectations.get("min_rows", 1)
    yield _finding(
        "rows", "", f"at least {least:,}", f"{table.num_rows:,}", table.num_rows >= least
    )
    expected: Mapping[str, Mapping[str, Any]] = expectations.get("columns", {})
    for name, column in expected.items():
        present = name in table.column_names
        yield _finding("column", name, "present", "present" if present else "absent", present)
        if present:
            yield from _column_findings(name, table[name], column)
    if expected:
        for name in (n for n in table.column_names if n not in expected):
            yield _finding("column", name, "no such column", "present", False)


def _column_findings(
    name: str, values: pa.ChunkedArray, expected: Mapping[str, Any]
) -> Iterator[Finding]:
    if kind := expected.get("type"):
        yield _finding("type", name, kind, values.type, _is_of(values.type, kind))
    present = _present(values)
    share = (len(values) - len(present)) / max(len(values), 1)
    most = expected.get("max_missing") or 0.0
    yield _finding("missing", name, f"at most {most:.2%}", f"{share:.2%}", share <= most)
    bounded = expected.get("min") is not None or expected.get("max") is not None
    if bounded and len(present):
        yield _range(name, present, expected.get("min"), expected.get("max"))
    if (allowed := expected.get("allowed")) is not None:
        yield _allowed(name, present, allowed)


def _present(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values that are there: NaN, for the model, is as missing as null."""
    if pt.is_float16(values.type):
        values = values.cast(pa.float32())
    values = values.drop_null()
    # Not pa.scalar, which imports pandas.
    return values.filter(pc.invert(pc.is_nan(values))) if pt.is_floating(values.type) else values


def _range(name: str, values: pa.ChunkedArray, least: float | None, most: float | None) -> Finding:
    expected = f"{'-inf' if least is None else least} to {'inf' if most is None else most}"
    if not _is_numeric(values.type):
        return _finding("range", name, expected, values.type, False)
    low, high = pc.min_max(values).as_py().values()
    inside = (least is None or low >= least) and (most is None or high <= most)
    return _finding("range", name, expected, f"{low} to {high}", inside)


def _allowed(name: str, values: pa.ChunkedArray, allowed: list[Any]) -> Finding:
    if pt.is_nested(values.type):
        return _finding("values", name, f"one of {allowed}", values.type, False)
    counts = pc.value_counts(values).to_pylist()
    strange = {row["values"]: row["counts"] for row in counts if row["values"] not in allowed}
    shown = ", ".join(f"{value!r} in {n:,} rows" for value, n in list(strange.items())[:10])
    return _finding("values", name, f"one of {allowed}", shown or "only these", not strange)


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))


def _is_of(kind: pa.DataType, expected: str) -> bool:
    if pt.is_dictionary(kind):
        kind = kind.value_type
    found = {
        "number": _is_numeric(kind),
        "integer": pt.is_integer(kind),
        "text": pt.is_string(kind) or pt.is_large_string(kind),
        "boolean": pt.is_boolean(kind),
        "date": pt.is_date(kind) or pt.is_timestamp(kind),
    }
    if expected not in found:
        raise InputError(f"checks: unknown type {expected!r}; {did_you_mean(expected, found)}")
    return bool(found[expected])


def drift(table: pa.Table, reference: pa.Table, alpha: float) -> Iterator[Finding]:
    """Compare each numeric column with the reference by a two-sample Kolmogorov-Smirnov test.

    Missing values are left out (they have a check of their own). ``alpha`` is the chance of one
    or more false alarms over all columns together: each column is held to Šidák's share of it,
    1 - (1 - alpha) ** (1 / columns).
    """
    from scipy.stats import ks_2samp  # seconds: only when there is a reference

    shared = [
        name
        for name in table.column_names
        if name in reference.column_names
        and _is_numeric(table.schema.field(name).type)
        and _is_numeric(reference.schema.field(name).type)
    ]
    threshold = 1 - (1 - alpha) ** (1 / max(len(shared), 1))
    for name in shared:
        ours, theirs = (_present(t[name]).to_pylist() for t in (table, reference))
        if not ours or not theirs:
            yield _finding("drift", name, "values on both sides", "none on one side", False)
            continue
        result = ks_2samp(ours, theirs)
        seen = f"p {result.pvalue:.3g}, distance {result.statistic:.3f}"
        passed = bool(result.pvalue > threshold)
        yield _finding("drift", name, f"p above {threshold:.3g}", seen, passed)
