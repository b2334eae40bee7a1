"""What is seen of a block of rows: a number for each in some columns, its classes, its times."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.splits.times import moments_of
from pipeline.tables import numbers, row_digests

FEATURES, KEY, TIME = "features", "key", "time"  # what is kept of each row
LABELLED = "labelled"  # the key with the target


class Columns(NamedTuple):
    """The columns that are looked at: those digested together, by what they are, and single ones.

    `texts` are digested one by one, as text0, text1 and so on.
    """

    digested: dict[str, list[str]]
    texts: list[str]
    time: str | None
    target: str | None


class Asked(NamedTuple):
    """What is asked of a block: (k,) the rows of the sample, and whether classes are counted."""

    sampled: NDArray[np.integer]
    counted: bool


class Look(NamedTuple):
    """What is seen of a block: (rows,) numbers by what they are of, and the rest.

    `span` holds its first and last time; `classes` how many rows each value of the target has.
    """

    rows: int
    digests: dict[str, row_digests.Digests]
    span: list[Any]
    classes: dict[str, int]
    sample: pa.Table


def look(block: pa.Table, asked: Asked, columns: Columns) -> Look:
    """Look at a block of rows."""
    encoded = row_digests.encoded(block)
    digests = {
        what: row_digests.of_rows(encoded, names) for what, names in columns.digested.items()
    }
    digests |= {f"text{n}": _bare(encoded[name]) for n, name in enumerate(columns.texts)}
    span, classes = [], {}
    if time := columns.time:
        digests[TIME] = moments_of(block, time).view(np.uint64)
        span = [moment for moment in pc.min_max(block[time]).as_py().values() if moment is not None]
    if asked.counted:
        rows = pc.value_counts(encoded[columns.target]).to_pylist()
        classes = {str(r["values"]): r["counts"] for r in rows if r["values"] is not None}
    sample = block.take(numbers.to_arrow(asked.sampled))
    return Look(len(block), digests, span, classes, sample)


def _bare(column: pa.ChunkedArray) -> row_digests.Digests:
    """Digest texts, of which letters and digits count and their case does not; none is empty.

    The column has its texts as categories: each is looked at once, however many rows have it.
    """
    texts = column.combine_chunks()
    lower = pc.utf8_lower(texts.dictionary)
    bare = pc.replace_substring_regex(lower, r"[^\pL\pN]+", "")
    digests = row_digests.of_column(pa.chunked_array([bare]), "")
    return np.append(digests, row_digests.EMPTY_TEXT)[numbers.indices(texts)]
