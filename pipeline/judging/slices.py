"""Parts of a table by the values of one column."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import InputError, did_you_mean

MOST_VALUES = 20  # of a column that is not cut: the others are one slice together


def check_columns(columns: Iterable[str], names: Sequence[str]) -> None:
    """Raise InputError for a column that is none of the table's `names`."""
    for column in columns:
        if column not in names:
            known = did_you_mean(column, names)
            raise InputError(f"data.slices: the test table has no column {column!r}: {known}")


def slices(values: pd.Series) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield (value, rows) for each part of a column; every row is in exactly one.

    A column of numbers or times with more than 20 distinct values is cut at its quartiles; of any
    other the 20 most frequent values are parts of their own. Rows without a value are "(missing)".

    Yields:
        What the part holds, in words, and an (n,) mask.
    """
    missing = values.isna().to_numpy()
    yield from _quartiles(values) if _is_measured(values) else _each(values)
    if missing.any():
        yield "(missing)", missing


def _is_measured(values: pd.Series) -> bool:
    kinds = pd.api.types
    ordered = kinds.is_numeric_dtype(values) or kinds.is_datetime64_any_dtype(values)
    return ordered and not kinds.is_bool_dtype(values) and values.nunique() > MOST_VALUES


def _quartiles(values: pd.Series) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    floor = None
    for edge in [*values.quantile([0.25, 0.5, 0.75]).unique(), None]:
        inside = values.notna()
        words: list[str] = []
        if floor is not None:
            inside &= values > floor
            words.append(f"over {_text(floor)}")
        if edge is not None:
            inside &= values <= edge
            words.append(f"{'to' if words else 'up to'} {_text(edge)}")
        if inside.any():  # a quartile may lie between two values
            yield " ".join(words), inside.to_numpy(dtype=bool)
        floor = edge


def _each(values: pd.Series) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    counts = values.astype(object).value_counts()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    kept = [value for value, _ in ranked[:MOST_VALUES]]
    for value in sorted(kept, key=_natural):
        yield str(value), (values == value).fillna(False).to_numpy(dtype=bool)
    others = (values.notna() & ~values.isin(kept)).to_numpy(dtype=bool)
    if others.any():
        yield "(others)", others


def _natural(value: object) -> tuple[bool, float, str]:
    number = value if isinstance(value, int | float) else None
    return (number is None, number or 0, "" if number is not None else str(value))


def _text(edge: object) -> str:
    return f"{edge:,.6g}" if isinstance(edge, int | float) else str(edge)
