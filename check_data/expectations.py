"""What a table must look like, as a pandera schema made from the config, and what it is."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandera.pyarrow as pap
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrorReason, SchemaErrors
from pandera.utils import is_regex

from check_data.check import CheckResult
from pipeline.config.checks import Checks, Column
from pipeline.tables.column_kinds import is_number, kind_of, plain, present

FINITE = "finite"  # the check that is made of every column
NO_INFINITE = "no infinite value (data.preprocess.infinite: missing, clip or drop)"
SHOWN = 10  # values that are not allowed


def _type(values: pa.ChunkedArray, kind: str) -> tuple[str, bool]:
    found = kind_of(values.type)
    return str(values.type), kind in (found, "any") or (kind, found) == ("number", "integer")


def _missing(values: pa.ChunkedArray, most: float) -> tuple[str, bool]:
    share = (len(values) - len(present(values))) / max(len(values), 1)
    return f"{share:.2%}", share <= most


def _range(values: pa.ChunkedArray, least: float | None, most: float | None) -> tuple[str, bool]:
    there = plain(present(values))
    if not len(there):
        return "no values", True
    if not is_number(values.type):
        return str(values.type), False
    low, high = pc.min_max(there).as_py().values()
    inside = (least is None or low >= least) and (most is None or high <= most)
    return f"{low} to {high}", inside


def _values(values: pa.ChunkedArray, allowed: list[Any]) -> tuple[str, bool]:
    if pt.is_nested(values.type):
        return str(values.type), False
    counts = pc.value_counts(present(values)).to_pylist()
    strange = {row["values"]: row["counts"] for row in counts if row["values"] not in allowed}
    shown = ", ".join(f"{value!r} in {n:,} rows" for value, n in list(strange.items())[:SHOWN])
    return shown or "only these", not strange


# Each says what is seen of a column, and whether that is as it must be.
MEASURES: Mapping[str, Callable[..., tuple[str, bool]]] = {
    "type": _type, "missing": _missing, "range": _range, "values": _values
}  # fmt: skip


def schema_of(checks: Checks) -> pap.DataFrameSchema:
    """Return the pandera schema of a table's rows, columns, types, missing shares and values.

    Its checks are called as in MEASURES; what they expect is their `error`. With columns, other
    columns than these are errors. Each check gives one boolean, so that a million bad rows are
    not a million failure cases.
    """
    least, columns = checks.min_rows, checks.columns
    return pap.DataFrameSchema(
        {_key(name): _column(name, expected) for name, expected in columns.items()},
        checks=[pap.Check(lambda data: data.table.num_rows >= least, name="rows",
                          error=f"at least {least:,}")],
        strict=bool(columns),
    )  # fmt: skip


def _key(name: str) -> str:
    """Return the name as pandera takes it: one like ^...$ would be a pattern."""
    return f"^{re.escape(name)}$" if is_regex(name) else name


def _column(name: str, expected: Column) -> pap.Column:
    kind, most = expected.type, expected.max_missing
    checks = [
        _check("type", name, kind, kind=kind),
        _check("missing", name, f"at most {most:.2%}", most=most),
    ]
    low, high = expected.min, expected.max
    if low is not None or high is not None:
        bounds = f"{'-inf' if low is None else low} to {'inf' if high is None else high}"
        checks.append(_check("range", name, bounds, least=low, most=high))
    if (allowed := expected.allowed) is not None:
        checks.append(_check("values", name, f"one of {allowed}", allowed=allowed))
    return pap.Column(checks=checks, nullable=True, regex=is_regex(name))  # missing is checked


def _check(check: str, column: str, expected: str, **facts: Any) -> pap.Check:
    def holds(data: Any, **facts: Any) -> bool:
        return MEASURES[check](data.table[column], **facts)[1]

    return pap.Check(holds, name=check, error=expected, **facts)


def results(table: pa.Table, checks: Checks) -> Iterator[CheckResult]:
    """Check rows, columns, types, missing shares, ranges and allowed values of a table.

    Every check that is asked for is a result, and so is every column that is not, or that holds
    infinities, which no model can be fitted on.

    Raises:
        RuntimeError: a check could not run (a bug).
    """
    schema, there = schema_of(checks), set(table.column_names)
    failed = _failed(schema, table)
    (rows,) = schema.checks
    yield _result("rows", "", rows.error, f"{table.num_rows:,}", ("", "rows") not in failed)
    for name in checks.columns:
        is_there = name in there
        yield _result("column", name, "present", "present" if is_there else "absent", is_there)
        for check in schema.columns[_key(name)].checks if is_there else ():
            seen, _ = MEASURES[check.name](table[name], **check.statistics)
            yield _result(check.name, name, check.error, seen, (name, check.name) not in failed)
    if checks.columns:
        for name in (n for n in table.column_names if n not in checks.columns):
            yield _result("column", name, "no such column", "present", False)
    for name in table.column_names:
        if infinite := _infinite(table[name]):
            yield _result(
                FINITE,
                name,
                NO_INFINITE,
                f"{infinite:,} rows",
                False,
            )


def _infinite(values: pa.ChunkedArray) -> int:
    if not pt.is_floating(values.type):
        return 0
    return pc.sum(pc.is_inf(values.cast(pa.float64()))).as_py() or 0


def _result(check: str, column: str, expected: str, seen: str, passed: bool) -> CheckResult:
    return CheckResult(check, column, expected, seen, "passed" if passed else "failed")


def _failed(schema: pap.DataFrameSchema, table: pa.Table) -> set[tuple[str, str]]:
    """Validate the table; return column ("" for the table's own) and check of every failure.

    Each column is validated by itself: for each of them pandera goes through all that it is given.
    """
    whole = pap.DataFrameSchema(checks=schema.checks)
    single = {key: pap.DataFrameSchema({key: column}) for key, column in schema.columns.items()}
    failed = _failures(whole, table)
    for name in table.column_names:
        if _key(name) in single:
            failed |= _failures(single[_key(name)], table.select([name]))
    return failed


def _failures(schema: pap.DataFrameSchema, table: pa.Table) -> set[tuple[str, str]]:
    # Whatever PANDERA_VALIDATION_ENABLED says: a check that is asked for is made.
    everything = config_context(
        validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA
    )
    try:
        with everything:
            schema.validate(table, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            if error.reason_code == SchemaErrorReason.CHECK_ERROR:
                raise RuntimeError(f"check {error.check} could not run: {error}") from errors
        checks = (error for error in errors.schema_errors if isinstance(error.check, pap.Check))
        return {(error.schema.name or "", error.check.name) for error in checks}
    return set()
