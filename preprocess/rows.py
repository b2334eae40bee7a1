"""The rows of a table with other values than the raw one, and without those that are not wanted."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.engines.each import Each, here
from pipeline.errors import InputError
from pipeline.tables.column_types import plain
from preprocess.values import DateOf, Fill, Map, check_columns, fitting, is_missing, true_count

Pieces = Callable[[], Iterable[pa.Table]]  # gives a table's rows in order, each time it is called


class Rows:
    """What becomes of the rows of a raw table before equal ones are looked for.

    Args:
        schema: of the raw table.
        config: as Preprocess says.

    Attributes:
        schema: of the rows as they become.

    Raises:
        InputError: a column that is not there, or holds other values than the config says; also
            while rows are made.
    """

    DROPS = ("rows_without_value", "rows_infinite", "rows_rare")  # counts of rows that are gone

    def __init__(self, schema: pa.Schema, config: Mapping[str, Any]) -> None:
        self._infinite, self._rare = config.get("infinite", "keep"), config.get("rare") or {}
        self._needed = config.get("drop_missing") or []
        self.schema = schema
        self._changes: list[tuple[str, str, Map | Fill | DateOf]] = []
        for key, made in (("map", Map), ("fill", Fill), ("dates", DateOf)):
            wanted = config.get(key) or {}
            check_columns(key, list(wanted), schema)
            for name, about in wanted.items():
                self._add(key, name, made(name, plain(self.schema.field(name)).type, about))
        check_columns("drop_missing", self._needed, schema)
        check_columns("rare", list(self._rare), schema)
        for name, rare in self._rare.items():
            kind = plain(self.schema.field(name)).type
            if rare["name"] is not None:
                fitting(f"preprocess.rare.{name}.name", kind, rare["name"])
                self._change_type(name, kind)
        self._limits: dict[str, tuple[float | None, float | None]] = {}
        self._few: dict[str, pa.Array] = {}

    def _add(self, key: str, name: str, change: Map | Fill | DateOf) -> None:
        self._changes.append((key, name, change))
        self._change_type(name, change.kind)
        for made in change.parts if isinstance(change, DateOf) else ():
            if made in self.schema.names:
                raise InputError(
                    f"preprocess.dates.{name}: the table already has a column {made!r}"
                )
            self.schema = self.schema.append(pa.field(made, pa.int64()))

    def _change_type(self, name: str, kind: pa.DataType) -> None:
        """Let a column be one of plain values."""
        self.schema = self.schema.set(self.schema.names.index(name), pa.field(name, kind))

    @property
    def changes_nothing(self) -> bool:
        """Whether all rows stay as they are."""
        return not (self._changes or self._needed or self._rare or self._infinite != "keep")

    def learn(self, pieces: Pieces, each: Each = here) -> None:
        """Look at all rows, where what becomes of one depends on the others."""
        if not self._rare and self._infinite != "clip":
            return
        counts = {name: Counter[Any]() for name in self._rare}
        for values, ends in each(self._seen, pieces()):
            for name, pairs in values.items():
                for pair in pairs:
                    counts[name][pair["values"]] += pair["counts"]
            for name, (least, most) in ends.items():
                low, high = self._limits.get(name, (None, None))
                self._limits[name] = (_least(min, low, least), _least(max, high, most))
        for name, rare in self._rare.items():
            few = [value for value, count in counts[name].items() if count < rare["below"]]
            self._few[name] = pa.array(few, plain(self.schema.field(name)).type)

    def _seen(self, piece: pa.Table) -> tuple[dict[str, Any], dict[str, tuple[Any, Any]]]:
        """Return how often each value is there that may be rare, and the ends of each column."""
        piece = self._kept(piece, Counter())
        values = {}
        for name in self._rare:
            there = piece[name].filter(pc.invert(is_missing(piece[name])))
            values[name] = pc.value_counts(there).to_pylist()
        ends = {}
        for name in _floats(piece) if self._infinite == "clip" else ():
            span = pc.min_max(piece[name].filter(pc.is_finite(piece[name]))).as_py()
            ends[name] = span["min"], span["max"]
        return values, ends

    def made(self, piece: pa.Table) -> tuple[pa.Table, Counter[str]]:
        """Return those rows of a piece that stay, as they become, and how much was done to it."""
        counts = Counter[str]()
        piece = self._kept(piece, counts)
        if self._infinite == "clip":
            piece = self._clipped(piece, counts)
        return self._without_rare(piece, counts), counts

    def _kept(self, piece: pa.Table, counts: Counter[str]) -> pa.Table:
        """Return the rows with their new values, without those that lack something."""
        for key, name, change in self._changes:
            column, number = change.apply(piece[name])
            piece = piece.set_column(piece.column_names.index(name), name, column)
            if isinstance(change, DateOf):
                for made, part in change.made(column).items():
                    piece = piece.append_column(made, part)
            counts[f"values_{'dates' if key == 'dates' else DONE[key]}"] += number
        for name in self._needed:
            piece = _without(piece, is_missing(piece[name]), counts, "rows_without_value")
        for name in _floats(piece) if self._infinite in ("missing", "drop") else ():
            infinite = pc.fill_null(pc.is_inf(piece[name]), False)
            if self._infinite == "drop":
                piece = _without(piece, infinite, counts, "rows_infinite")
                continue
            counts["values_infinite"] += true_count(infinite)
            gaps = pc.if_else(infinite, pa.scalar(None, piece[name].type), piece[name])
            piece = piece.set_column(piece.column_names.index(name), name, gaps)
        return piece

    def _clipped(self, piece: pa.Table, counts: Counter[str]) -> pa.Table:
        for name in _floats(piece):
            column, (low, high) = piece[name], self._limits[name]
            infinite = pc.fill_null(pc.is_inf(column), False)
            counts["values_infinite"] += true_count(infinite)
            nearest = pc.if_else(pc.greater(column, 0.0), pa.scalar(high, column.type),
                                 pa.scalar(low, column.type))  # fmt: skip
            column = pc.if_else(infinite, nearest, column)
            piece = piece.set_column(piece.column_names.index(name), name, column)
        return piece

    def _without_rare(self, piece: pa.Table, counts: Counter[str]) -> pa.Table:
        for name, rare in self._rare.items():
            few = pc.is_in(piece[name], value_set=self._few[name])
            if rare["name"] is None:
                piece = _without(piece, few, counts, "rows_rare")
                continue
            counts["values_rare"] += true_count(few)
            merged = pa.scalar(rare["name"], piece[name].type)
            column = pc.if_else(few, merged, piece[name])
            piece = piece.set_column(piece.column_names.index(name), name, column)
        return piece


DONE = {"map": "mapped", "fill": "filled"}


def _floats(piece: pa.Table) -> list[str]:
    return [f.name for f in piece.schema if pt.is_float32(f.type) or pt.is_float64(f.type)]


def _least(of: Callable[[float, float], float], one: float | None, two: float | None) -> Any:
    return of(one, two) if one is not None and two is not None else two if one is None else one


def _without(piece: pa.Table, mask: pa.ChunkedArray, counts: Counter[str], name: str) -> pa.Table:
    """Return the rows of which the mask is not true."""
    gone = true_count(mask)
    counts[name] += gone
    return piece.filter(pc.invert(mask)) if gone else piece
