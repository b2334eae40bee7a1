"""What is done to each value by itself: it is mapped, filled in, read as a date, made finite."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from pipeline.errors import InputError, did_you_mean
from pipeline.tables.column_kinds import kind_of
from pipeline.tables.reading import forms

FITTING: Mapping[str, tuple[type, ...]] = {
    "text": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "nothing": (str, int, float, bool),
}  # fmt: skip
WORDS = {"text": "a text", "integer": "a whole number", "number": "a number", "boolean": "true "
         "or false"}  # fmt: skip
PARTS = {"year": pc.year, "month": pc.month, "day": pc.day, "weekday": pc.day_of_week,
         "hour": pc.hour}  # fmt: skip


def check_columns(key: str, names: Sequence[str], schema: pa.Schema) -> None:
    """Raise InputError for the first column that the table has not."""
    for name in (name for name in names if name not in schema.names):
        raise InputError(
            f"preprocess.{key}: the table has no column {name!r}; "
            f"{did_you_mean(name, schema.names)}"
        )


def is_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Say which values are missing; NaN is."""
    return pc.is_null(column, nan_is_null=pt.is_floating(column.type))


def true_count(mask: pa.ChunkedArray) -> int:
    """Count what is true."""
    return int(pc.sum(mask).as_py() or 0)


class Map:
    """Values of a column that become others; those that are not named stay.

    Numbers in place of texts make a column of numbers, which the texts that stay have to be.

    Args:
        name: of the column.
        kind: its type.
        mapping: value as it stands → new one; None: missing.

    Attributes:
        kind: the new type.

    Raises:
        InputError: a value that the column cannot hold, or new ones of several types.
    """

    def __init__(self, name: str, kind: pa.DataType, mapping: Mapping[str, Any]) -> None:
        self._name = name
        if kind_of(kind) == "other":
            raise InputError(f"preprocess.map.{name}: values of type {kind} cannot be mapped")
        try:
            self._old = pa.array(list(mapping), pa.string()).cast(kind)
        except pa.ArrowException:
            raise InputError(
                f"preprocess.map.{name}: the column is {kind}; one of {', '.join(mapping)} is no "
                "value of it"
            ) from None
        self.kind = self._new_kind(kind, [new for new in mapping.values() if new is not None])
        self._new = pa.array(list(mapping.values()), self.kind)

    def _new_kind(self, kind: pa.DataType, new: list[Any]) -> pa.DataType:
        if not new:
            return kind
        types = {type(value) for value in new}
        if types == {str}:
            return kind if kind_of(kind) == "text" else pa.string()
        if types == {bool}:
            return pa.bool_()
        if types <= {int, float}:
            whole = types == {int} and kind_of(kind) != "number"
            return pa.int64() if whole else pa.float64()
        raise InputError(f"preprocess.map.{self._name}: give new values of one type, texts or "
                         f"numbers, not {', '.join(map(repr, new))}")  # fmt: skip

    def apply(self, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
        """Return the new values, and how many were changed; InputError as the class says."""
        number = pc.index_in(column, value_set=self._old)
        hit = pc.is_valid(number)
        rest = pc.if_else(hit, pa.scalar(None, column.type), column)
        if column.type != self.kind:
            try:
                rest = rest.cast(pa.string()).cast(self.kind)
            except pa.ArrowInvalid as error:
                raise InputError(
                    f"preprocess.map.{self._name}: the new values are {self.kind}, and a value "
                    f"that is not mapped is none ({error}); map it as well, perhaps to null"
                ) from None
        return pc.if_else(hit, self._new.take(number), rest), true_count(hit)


class Fill:
    """A value in place of missing ones; as Map."""

    def __init__(self, name: str, kind: pa.DataType, value: Any) -> None:
        self.kind = pa.array([value]).type if pt.is_null(kind) else kind
        self._value = fitting(f"preprocess.fill.{name}", self.kind, value)

    def apply(self, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
        """Return the column without gaps, and how many there were."""
        missing = is_missing(column)
        return pc.if_else(missing, self._value, column.cast(self.kind)), true_count(missing)


def fitting(key: str, kind: pa.DataType, value: Any) -> pa.Scalar:
    """Return a value as one of a column; InputError when it is of another type."""
    name = kind_of(kind)
    is_bool = isinstance(value, bool)
    fits = isinstance(value, FITTING.get(name, ())) and (not is_bool or name == "boolean")
    try:
        if name == "date" and isinstance(value, str):
            return pa.scalar(value).cast(kind)
        if fits:
            return pa.scalar(value, kind)
    except pa.ArrowException:
        pass
    raise InputError(
        f"{key}={value}: the column is {kind}; give {WORDS.get(name, 'a value of this type')}"
    )


class DateOf:
    """A column of dates, perhaps written as texts or whole numbers, and its parts; as Map."""

    def __init__(self, name: str, kind: pa.DataType, date: Mapping[str, Any]) -> None:
        self._name, found = name, kind_of(kind)
        self._form = forms.date(date["format"]) if date["format"] else None
        if found not in ("date", "text", "nothing") and not (found == "integer" and self._form):
            how = "; say in format how they are written" if found == "integer" else ""
            raise InputError(f"preprocess.dates.{name}: the column is {kind}, no dates{how}")
        written = self._form.kind if self._form else pa.timestamp("s")
        self.kind = kind if found == "date" else written
        self.parts = {f"{name}_{part}": PARTS[part] for part in date["parts"]}

    def apply(self, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
        """Return the dates, and how many there are; InputError when a value is none."""
        if kind_of(column.type) != "date":
            texts = column.cast(pa.string())
            try:
                column = self._read(texts)
            except pa.ArrowInvalid:
                raise self._bad(texts) from None
        return column, len(column) - column.null_count

    def _read(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        if self._form:
            return self._form.read(texts)
        return pc.utf8_trim_whitespace(texts).cast(self.kind)

    def _bad(self, texts: pa.ChunkedArray) -> InputError:
        for value in texts.unique().drop_null().to_pylist():
            try:
                self._read(pa.chunked_array([[value]], pa.string()))
            except pa.ArrowInvalid:
                form = self._form.name if self._form else "ISO date, as 2020-12-31"
                return InputError(
                    f"preprocess.dates.{self._name}: {value[:40]!r} is no {form}; correct "
                    f"data.preprocess.dates.{self._name}.format, or make such a value missing: "
                    f"data.preprocess.map.{self._name}={{...: null}}"
                )
        raise AssertionError("one value is none, or they all are")

    def made(self, dates: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
        """Return the parts by the names of their columns."""
        moments = dates.cast(pa.timestamp("us")) if pt.is_date(dates.type) else dates
        return {name: part(moments) for name, part in self.parts.items()}
