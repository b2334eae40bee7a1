"""Two executions of the same step compared: identical bytes, equal content, or what differs."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import yaml

from pipeline.replay.manifest import StepEntry
from pipeline.tracking.record import Row

if TYPE_CHECKING:
    import pyarrow as pa

IDENTICAL, EQUAL, DIFFERS = "identical", "equal", "differs"
READERS: dict[str, Callable[[str], object]] = {
    ".json": json.loads,
    ".yaml": yaml.safe_load,
    "": yaml.safe_load,
}  # "": MLmodel


@dataclass(frozen=True)
class Comparison:
    """The verdict about one thing that a step made: an artifact, picture, table or metric."""

    step: str
    what: str
    verdict: str
    detail: str = ""

    def __str__(self) -> str:
        """Return the verdict as one line."""
        return f"{self.verdict:10}{self.step}: {self.what}" + (self.detail and f" ({self.detail})")


def same(old: object, new: object) -> bool:
    """Say whether two values from JSON, YAML or a table are the same; NaN is NaN, True not 1."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new or (old != old and new != new))


def compare_records(before: StepEntry, after: StepEntry) -> Iterator[Comparison]:
    """Compare the metrics, tables and pictures that two manifests hold about a step."""
    step = before["step"]
    for kind in ("metrics", "tables", "pictures"):
        for name in [*before[kind], *(n for n in after[kind] if n not in before[kind])]:
            what = f"{kind.removesuffix('s')} {name}"
            old: object = before[kind].get(name)
            new: object = after[kind].get(name)
            if same(old, new):
                yield Comparison(step, what, IDENTICAL)
            elif old is None or new is None:
                yield Comparison(step, what, DIFFERS, "only one of the two runs has it")
            elif _number(old) and _number(new):
                yield Comparison(step, what, DIFFERS, f"{old!r} → {new!r}, by {new - old:.3g}")
            elif isinstance(old, list) and isinstance(new, list):
                yield Comparison(step, what, DIFFERS, _first_row(old, new))
            else:
                yield Comparison(step, what, DIFFERS, "other bytes")


def files(old: Path, new: Path) -> tuple[str, str]:
    """Compare two files, or two folders file by file: the verdict, and what is not identical.

    A file of JSON or YAML with the same content in other bytes is equal; what is in tables is
    compared by `tables`.
    """
    if old.is_file() or new.is_file():
        return _file(old, new)
    names = sorted({p.relative_to(d).as_posix() for d in (old, new) for p in d.rglob("*")
                    if p.is_file()})  # fmt: skip
    verdict, details = IDENTICAL, []
    for name in names:
        pair = (old / name, new / name)
        file_verdict, detail = _file(*pair)
        if file_verdict != IDENTICAL:
            details.append(f"{name}: {detail}")
            verdict = file_verdict if verdict != DIFFERS else DIFFERS
    return verdict, "; ".join(details)


def tables(
    old: Path, new: Path, old_metadata: Mapping[str, object], new_metadata: Mapping[str, object]
) -> tuple[str, str]:
    """Compare two tables: the verdict, and the first column and row that differ, and by how much.

    Args:
        old: the file of the one.
        new: the file of the other.
        old_metadata: what pipeline.tables.table_files.write returned for the one.
        new_metadata: the same for the other.
    """
    from pipeline.tables import table_files as reader

    before, after = reader.read(old, old_metadata), reader.read(new, new_metadata)
    if before.equals(after):
        return EQUAL, "the same table in other bytes"
    if before.column_names != after.column_names:
        changed = sorted(set(before.column_names) ^ set(after.column_names))
        return DIFFERS, f"columns: {', '.join(changed) or 'in another order'}"
    if before.num_rows != after.num_rows:
        return DIFFERS, f"{before.num_rows:,} rows → {after.num_rows:,}"
    details = [_first_value(name, before[name], after[name]) for name in before.column_names]
    different = [detail for detail in details if detail]
    if not different:
        if before.schema.equals(after.schema):
            return EQUAL, "the same table in other bytes"
        return DIFFERS, "the same values in a schema that differs in what may be missing"
    more = f"; {len(different)} columns differ" if len(different) > 1 else ""
    return DIFFERS, different[0] + more


def first_key(old: object, new: object, path: str = "") -> str:
    """Return the first key in which two nested mappings or lists differ, and both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(k for k in new if k not in old)]:
            if not (key in old and key in new and same(old[key], new[key])):
                return first_key(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True)):
            if not same(*pair):
                return first_key(*pair, f"{path}[{number}]")
    return f"{path or 'content'}: {str(old)[:60]} → {str(new)[:60]}"


def _first_value(name: str, old: "pa.ChunkedArray", new: "pa.ChunkedArray") -> str:
    """Return the first row in which two columns differ, and by how much; "" if none does."""
    if old.equals(new):
        return ""
    if old.type != new.type:
        return f"column {name}: {old.type} → {new.type}"
    pairs = zip(old.to_pylist(), new.to_pylist(), strict=True)
    different = [(row, a, b) for row, (a, b) in enumerate(pairs) if not same(a, b)]
    if not different:  # NaN, for pyarrow another value each time
        return ""
    row, a, b = different[0]
    numbers = [(x, y) for _, x, y in different if _number(x) and _number(y)]
    largest = max((abs(y - x) for x, y in numbers if x == x and y == y), default=None)
    by = f", at most by {largest:.3g}" if largest is not None else ""
    return f"column {name}, row {row}: {a!r} → {b!r}; {len(different):,} rows differ{by}"


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _file(old: Path, new: Path) -> tuple[str, str]:
    if not (old.is_file() and new.is_file()):
        return DIFFERS, "only one of the two has it"
    before, after = old.read_bytes(), new.read_bytes()
    if before == after:
        return IDENTICAL, ""
    read = READERS.get(old.suffix)
    if read:
        try:
            contents = read(before.decode()), read(after.decode())
        except (ValueError, yaml.YAMLError):
            return DIFFERS, "other bytes"
        if same(*contents):
            return EQUAL, "the same content in other bytes"
        return DIFFERS, first_key(*contents)
    return DIFFERS, f"{len(before):,} bytes → {len(after):,}, other content"


def _first_row(old: list[Row], new: list[Row]) -> str:
    if len(old) != len(new):
        return f"{len(old)} rows → {len(new)}"
    for row, (a, b) in enumerate(zip(old, new, strict=True)):
        if not same(a, b):
            return f"row {row}, " + first_key(a, b)
    return ""
