"""Numbers that say which rows are equal: 64 bits for a row, taken from its values.

Rows that are equal have equal digests. Rows that differ have different ones but for chance: among
n rows some pair meets with a probability of about n² / 2⁶⁵, 3 in a million for 10 million rows;
two digests of different salt make it 10⁻²⁵. The last mixing is SplitMix64's (Steele, Lea and Flood,
Fast splittable pseudorandom number generators, 2014).
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.tables.column_types import is_text
from pipeline.tables.numbers import bits, indices

Digests = NDArray[np.uint64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
MISSING = np.uint64(0x2545F4914F6CDD1D)
TEXTS = 2**14  # digested together
LONG_TEXT = 256  # bytes; longer texts are digested by BLAKE2b, one by one


def of_rows(piece: pa.Table, columns: Sequence[str], salt: int = 0) -> Digests:
    """Digest the values of each row in the columns, in their order.

    A missing value equals a missing value only; NaN equals NaN; -0.0 equals 0.0.

    Args:
        piece: rows of a table.
        columns: names of columns of plain values.
        salt: makes another function.

    Returns:
        (rows,) numbers, the same however the table is cut into pieces.

    Raises:
        InputError: a column whose values cannot be compared, like lists.
    """
    factor = GOLDEN + np.uint64(2) * np.uint64(salt)  # odd, so that different words stay different
    digests = np.zeros(len(piece), np.uint64)
    for name in columns:
        digests += _words(piece[name], name, salt)
        digests *= factor
        digests ^= digests >> np.uint64(32)
    return _mixed(digests)


def encoded(piece: pa.Table) -> pa.Table:
    """Return the piece with its texts as categories, to digest each text once; the same digests."""
    columns = [
        column.combine_chunks().dictionary_encode() if is_text(column.type) else column
        for column in piece.columns
    ]
    return pa.table(columns, names=piece.column_names)


def of_column(column: pa.ChunkedArray, name: str, salt: int = 0) -> Digests:
    """Digest each value of a column; see of_rows."""
    return _mixed(_words(column, name, salt) + GOLDEN + np.uint64(salt))


def is_comparable(kind: pa.DataType) -> bool:
    """Whether values of that type can be digested: all but nested and exotic ones."""
    if pt.is_dictionary(kind):
        return is_comparable(kind.value_type)
    fixed = (pt.is_null, pt.is_primitive, pt.is_decimal, pt.is_fixed_size_binary)
    texts = (pt.is_string, pt.is_large_string, pt.is_binary, pt.is_large_binary)
    return any(is_kind(kind) for is_kind in fixed + texts)


def _words(column: pa.ChunkedArray, name: str, salt: int) -> Digests:
    """Return 64 bits for each value: the value itself if it has room in them, else a digest."""
    parts = [_of_array(chunk, name, np.uint64(salt)) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0, np.uint64)


def _of_array(values: pa.Array, name: str, salt: np.uint64) -> Digests:
    kind = values.type
    if pt.is_null(kind):
        return np.full(len(values), MISSING)
    if pt.is_dictionary(kind):
        digests = np.append(_of_array(values.dictionary, name, salt), MISSING)
        return digests[indices(values)]
    if not is_comparable(kind):
        raise InputError(
            f"the values of {name!r} ({kind}) cannot be compared; name columns of plain values"
        )
    fixed = pt.is_primitive(kind) or pt.is_decimal(kind) or pt.is_fixed_size_binary(kind)
    if fixed:
        digests = _of_numbers(values, salt)
    else:  # so many at a time as fit into the processor's cache
        parts = [_of_texts(values.slice(n, TEXTS), salt) for n in range(0, len(values), TEXTS)]
        digests = np.concatenate(parts) if parts else np.zeros(0, np.uint64)
    if values.null_count:
        digests[~bits(values.buffers()[0], values)] = MISSING
    return digests


def _of_numbers(values: pa.Array, salt: np.uint64) -> Digests:
    kind = values.type
    if pt.is_boolean(kind):
        return bits(values.buffers()[1], values).astype(np.uint64)
    width = kind.bit_width // 8
    start, stop = values.offset * width, (values.offset + len(values)) * width
    raw = np.frombuffer(values.buffers()[1], np.uint8)[start:stop]
    if pt.is_floating(kind):
        floats = raw.view(f"f{width}").astype(np.float64)
        floats += 0.0  # no -0.0
        if (nan := np.isnan(floats)).any():
            floats[nan] = np.nan  # one NaN of many
        return floats.view(np.uint64)
    if width in (1, 2, 4, 8):
        return raw.view(f"u{width}").astype(np.uint64)
    digests = np.full(len(values), salt, np.uint64)
    for word in _padded(raw.reshape(len(values), width)).view("<u8").T:
        digests = _mixed(digests + GOLDEN + word)
    return digests


def _of_texts(values: pa.Array, salt: np.uint64) -> Digests:
    """Digest texts by words of 8 bytes, all rows at a time, and the few long ones by BLAKE2b."""
    wide = pt.is_large_string(values.type) or pt.is_large_binary(values.type)
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
    ends = ends[values.offset : values.offset + len(values) + 1].astype(np.int64)
    first, last = ends[0], ends[-1]
    text = np.frombuffer(data, np.uint8)[first:last] if data else np.zeros(0, np.uint8)
    padded = np.concatenate([text, np.zeros(8, np.uint8)])
    words = np.ndarray((len(text) + 1,), "<u8", padded, strides=(1,))  # one from every byte on
    start, left = ends[:-1] - first, np.diff(ends)
    digests = _mixed(left.astype(np.uint64) + GOLDEN + salt)
    for row in np.flatnonzero(left > LONG_TEXT):
        long = text[start[row] : start[row] + left[row]].tobytes()
        sum_ = hashlib.blake2b(long, digest_size=8, salt=int(salt).to_bytes(8, "little"))
        digests[row] = int.from_bytes(sum_.digest(), "little")
    rows = np.flatnonzero((left > 0) & (left <= LONG_TEXT))
    while len(rows):
        at, rest = start[rows], left[rows]
        unused = (8 - np.minimum(rest, 8)).astype(np.uint64) * np.uint64(8)  # bits past the end
        digests[rows] = _mixed(digests[rows] + GOLDEN + (words[at] << unused))
        rows = rows[rest > 8]
        start, left = start + 8, left - 8
    return digests


def _mixed(numbers: Digests) -> Digests:
    """Spread each number over all 64 bits; different numbers stay different. Changes them."""
    for shift, factor in zip(SHIFTS, FACTORS, strict=False):
        numbers ^= numbers >> shift
        numbers *= factor
    numbers ^= numbers >> SHIFTS[2]
    return numbers


def _padded(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fill rows of bytes up to whole words."""
    missing = -rows.shape[1] % 8
    return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, missing))))


EMPTY_TEXT = _mixed(_mixed(np.array([GOLDEN])) + GOLDEN)[0]  # with salt 0
