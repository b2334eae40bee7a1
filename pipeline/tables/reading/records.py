"""Tables whose values have types of their own, one by one: JSON and Excel."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.tables.chunks import PIECE
from pipeline.tables.reading.cells import SPELLINGS
from pipeline.tables.reading.dialect import MISSING, shown

Row = dict[str, Any]
KINDS: dict[frozenset[str], pa.DataType] = {
    frozenset(): pa.null(), frozenset(["bool"]): pa.bool_(), frozenset(["int"]): pa.int64(),
    frozenset(["float"]): pa.float64(), frozenset(["int", "float"]): pa.float64(),
    frozenset(["str"]): pa.string(), frozenset(["date"]): pa.date32(),
    frozenset(["datetime"]): pa.timestamp("us"),
    frozenset(["date", "datetime"]): pa.timestamp("us"),
}  # fmt: skip


class Records:
    """Rows of named values, read twice: once for the types.

    A column of several types is text, and so is one of nested values or of whole numbers that no
    64 bits hold. Between numbers and dates the spellings of "missing" are missing.

    Args:
        rows: gives the rows, each time it is called.
        missing: what means "missing" in every column.
        text: columns that are text, whatever they look like.

    Raises:
        InputError: one of these is not there.
    """

    def __init__(
        self, rows: Callable[[], Iterable[Row]], missing: Iterable[str], text: Iterable[str] = ()
    ) -> None:
        self._all, self._missing, self._text = rows, {*missing}, [*text]
        kinds: dict[str, set[str]] = {}
        count = 0
        for count, row in enumerate(rows(), 1):  # noqa: B007
            for name, value in row.items():
                kinds.setdefault(name, set()).add(self._kind(value))
        self.rows: int | None = count
        for name in (name for name in self._text if name not in kinds):
            raise InputError(
                f"data.read.text: there is no column {name!r}; it has {', '.join(kinds)}"
            )
        self._spelled = {n for n, k in kinds.items() if "spelled" in k and not k & {"str", "nested"}
                         and n not in self._text and k - {"spelled", "none"}}  # fmt: skip
        self.schema = pa.schema([(n, self._type(n, k)) for n, k in kinds.items()])
        self.said = self._words(kinds)

    def _kind(self, value: object) -> str:
        if value is None or (isinstance(value, str) and value in self._missing):
            return "none"
        if isinstance(value, str):
            return "spelled" if value.strip() in {*MISSING, *SPELLINGS} else "str"
        if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
            return "beyond"
        kind = type(value).__name__
        return kind if any(kind in kinds for kinds in KINDS) else "nested"

    def _type(self, name: str, found: set[str]) -> pa.DataType:
        plain = found - {"none", "spelled"}
        if name in self._text:
            return pa.string()
        if "spelled" in found and name not in self._spelled:
            plain.add("str")
        return KINDS.get(frozenset(plain), pa.string())

    def _words(self, kinds: dict[str, set[str]]) -> list[str]:
        reasons: dict[str, list[str]] = defaultdict(list)
        for name, found in kinds.items():
            plain = found - {"none", "spelled"}
            plain -= {"int"} if "beyond" in plain else set()
            if frozenset(plain) not in KINDS and name not in self._text:
                why = "in JSON" if "nested" in plain else "whole numbers beyond 64 bits"
                mixed = "values of several types: " + ", ".join(sorted(plain))
                several = len(plain) > 1 and "nested" not in plain
                reasons[f"kept as text, {mixed if several else why}"].append(name)
        if self._spelled:
            words = "with the usual spellings of missing values taken for such"
            reasons[words] = sorted(self._spelled)
        return [f"{shown(names)} {why}" for why, names in reasons.items()]

    def pieces(self) -> Iterator[pa.Table]:
        """Yield the rows in order."""
        rows = iter(self._all())
        while chunk := list(islice(rows, PIECE)):
            columns = [
                pa.array([self._meant(row.get(f.name), f) for row in chunk], f.type)
                for f in self.schema
            ]
            yield pa.table(columns, schema=self.schema)

    def _meant(self, value: Any, field: pa.Field) -> Any:
        """Return what a value is in its column."""
        kind = self._kind(value)
        if kind == "none" or (kind == "spelled" and field.name in self._spelled):
            return None
        if pa.types.is_string(field.type) and not isinstance(value, str):
            return str(value) if isinstance(value, dt.date) else json.dumps(
                value, ensure_ascii=False, default=str)  # fmt: skip
        if pa.types.is_timestamp(field.type) and not isinstance(value, dt.datetime):
            return dt.datetime.combine(value, dt.time())
        return value
