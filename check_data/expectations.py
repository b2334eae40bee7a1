"""What a table must look like, as the config says, and what it is."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.config.checks import Checks, Column
from pipeline.drift.result import CheckResult
from pipeline.engines.each import Each, here
from pipeline.tables.column_kinds import is_number, kind_of, missing, present_pieces
from pipeline.tables.reading.mapped import AnyTable

FINITE = "finite"  # the check that is made of every column
NO_INFINITE = "no infinite value (data.preprocess.infinite: missing, clip or drop)"
SHOWN = 10  # values that are not allowed


def _type(values: pa.ChunkedArray, kind: str) -> tuple[str, bool]:
    found = kind_of(values.type)
    return str(values.type), kind in (found, "any") or (kind, found) == ("number", "integer")


def _missing(values: pa.ChunkedArray, most: float) -> tuple[str, bool]:
    share = missing(values) / max(len(values), 1)
    return f"{share:.2%}", share <= most


def _range(values: pa.ChunkedArray, least: float | None, most: float | None) -> tuple[str, bool]:
    if missing(values) == len(values):
        return "no values", True
    if not is_number(values.type):
        return str(values.type), False
    spans = [pc.min_max(there).as_py() for there in present_pieces(values) if len(there)]
    low, high = min(span["min"] for span in spans), max(span["max"] for span in spans)
    inside = (least is None or low >= least) and (most is None or high <= most)
    return f"{low} to {high}", inside


def _values(values: pa.ChunkedArray, allowed: list[Any]) -> tuple[str, bool]:
    if pt.is_nested(values.type):
        return str(values.type), False
    strange: dict[Any, int] = {}
    for there in present_pieces(values):
        for row in pc.value_counts(there).to_pylist():
            value = row["values"]
            if value in strange or (len(strange) < SHOWN and value not in allowed):
                strange[value] = strange.get(value, 0) + row["counts"]
    shown = ", ".join(f"{value!r} in {n:,} rows" for value, n in strange.items())
    return shown or "only these", not strange


# Each says what is seen of a column, and whether that is as it must be.
MEASURES: Mapping[str, Callable[..., tuple[str, bool]]] = {
    "type": _type, "missing": _missing, "range": _range, "values": _values
}  # fmt: skip


def results(table: AnyTable, checks: Checks, each: Each = here) -> Iterator[CheckResult]:
    """Check rows, columns, types, missing shares, ranges and allowed values of a table.

    Every check that is asked for is a result, and so is every column that is not, or that holds
    infinities, which no model can be fitted on.

    Args:
        table: to be checked.
        checks: as the config says.
        each: who looks at the columns.
    """
    rows, least, columns = table.num_rows, checks.min_rows, checks.columns
    yield _result("rows", "", f"at least {least:,}", f"{rows:,}", rows >= least)
    names = table.column_names
    found = dict(zip(names, each(_of_column, ((n, table[n], columns.get(n)) for n in names)),
                     strict=True))  # fmt: skip
    for name in columns:
        is_there = name in found
        yield _result("column", name, "present", "present" if is_there else "absent", is_there)
        yield from found[name][0] if is_there else ()
    for name in (n for n in names if columns and n not in columns):
        yield _result("column", name, "no such column", "present", False)
    for name, (_, infinite) in found.items():
        if infinite:
            yield _result(FINITE, name, NO_INFINITE, f"{infinite:,} rows", False)


def _of_column(
    about: tuple[str, pa.ChunkedArray, Column | None],
) -> tuple[list[CheckResult], int]:
    """Return what the checks of a column find, and how many of its values are infinite."""
    name, values, expected = about
    asked = _asked(expected) if expected else ()
    checked = [_result(check, name, wanted, *MEASURES[check](values, **facts))
               for check, wanted, facts in asked]  # fmt: skip
    return checked, _infinite(values)


def _asked(expected: Column) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each check of a column: its name, what it expects, and what its measure is told."""
    most, low, high = expected.max_missing, expected.min, expected.max
    yield "type", expected.type, {"kind": expected.type}
    yield "missing", f"at most {most:.2%}", {"most": most}
    if low is not None or high is not None:
        bounds = f"{'-inf' if low is None else low} to {'inf' if high is None else high}"
        yield "range", bounds, {"least": low, "most": high}
    if (allowed := expected.allowed) is not None:
        yield "values", f"one of {allowed}", {"allowed": allowed}


def _infinite(values: pa.ChunkedArray) -> int:
    if not pt.is_floating(values.type):
        return 0
    return pc.sum(pc.is_inf(values.cast(pa.float64()))).as_py() or 0


def _result(check: str, column: str, expected: str, seen: str, passed: bool) -> CheckResult:
    return CheckResult(check, column, expected, seen, "passed" if passed else "failed")
