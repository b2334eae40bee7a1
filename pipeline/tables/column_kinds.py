"""What the columns of a table hold, whatever types their files gave them."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

FEW = 20  # distinct values that numbers may have to be taken for categories
TOGETHER = 2**16  # values whose number is counted at a time
REPEATS = 5  # rows that each value of categories has at least, on average


def kind_of(kind: pa.DataType) -> str:
    """Return integer, number, text, boolean, date, nothing (only nulls) or other.

    Categories are of the kind of their values, times of day and durations are other.
    """
    if pt.is_dictionary(kind):
        kind = kind.value_type
    is_kind = {
        "integer": pt.is_integer(kind),
        "number": pt.is_floating(kind) or pt.is_decimal(kind),
        "text": pt.is_string(kind) or pt.is_large_string(kind),
        "boolean": pt.is_boolean(kind),
        "date": pt.is_date(kind) or pt.is_timestamp(kind),
        "nothing": pt.is_null(kind),
    }
    return next((name for name, is_it in is_kind.items() if is_it), "other")


def is_number(kind: pa.DataType) -> bool:
    """Say whether values of this type are numbers: integers, floats or decimals."""
    return kind_of(kind) in ("integer", "number")


def present(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values that are there: NaN, for the model, is as missing as null."""
    if pt.is_float16(values.type):
        values = values.cast(pa.float32())
    values = values.drop_null()
    # Not pa.scalar, which imports pandas.
    return values.filter(pc.invert(pc.is_nan(values))) if pt.is_floating(values.type) else values


def missing(values: pa.ChunkedArray) -> int:
    """Count the values that are not there, NaN among them."""
    if not pt.is_floating(values.type):
        return int(values.null_count)
    return len(values) - sum(map(len, present_pieces(values)))


def present_pieces(values: pa.ChunkedArray) -> Iterator[pa.ChunkedArray]:
    """Yield the values that are there, plain ones, chunk by chunk: a copy of one at a time."""
    for chunk in values.chunks:
        yield plain(present(pa.chunked_array([chunk])))


def plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values themselves in place of categories."""
    return values.cast(values.type.value_type) if pt.is_dictionary(values.type) else values


def is_quantity(distinct: int, rows: int, fractions: bool) -> bool:
    """Say whether numbers are quantities, such as prices: so many values that they are no classes.

    Args:
        distinct: how many values there are.
        rows: that have one.
        fractions: whether one of them is no whole number.
    """
    if fractions:
        return not are_few(distinct, rows)
    return distinct > FEW and rows < REPEATS * distinct


def suggested_task(column: pa.ChunkedArray) -> str:
    """Return what a target column suggests: "regression" or "classification".

    Numbers are to be predicted as such, unless they have so few values that they are rather
    classes: see are_few. Booleans, texts and dates are classes.
    """
    if not is_number(column.type):
        return "classification"
    return "classification" if has_few(present(plain(column))) else "regression"


def has_few(values: pa.ChunkedArray) -> bool:
    """Say whether numbers, none missing, are_few; what has many is not looked at to its end."""
    seen = pc.unique(values.slice(0, 0))
    for start in range(0, len(values), TOGETHER):
        piece = values.slice(start, TOGETHER)
        seen = pc.unique(pa.chunked_array([seen, *piece.chunks]))
        if len(seen) > FEW:
            return False
    return are_few(len(seen), len(values))


def are_few(distinct: int, rows: int) -> bool:
    """Say whether numbers with so many distinct values in so many rows are rather categories."""
    return distinct <= FEW and rows >= REPEATS * distinct
