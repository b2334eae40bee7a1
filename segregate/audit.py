"""What is known of the test rows from the train table: rows that are like them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from pipeline.keyed_splits import key_codes

BINS = 64  # of a numeric feature that is looked at alone
TELLING = 0.95  # of the errors of always saying the commonest class that one feature may avoid
NAMES_OF_TARGETS = ("class", "label", "target", "y")


@dataclass(frozen=True)
class Leak:
    """One way in which test rows may be known from the train table.

    Attributes:
        check: what was looked for.
        columns: where.
        share: of the test rows that are affected, or of the errors a feature avoids.
        suspicious: whether it is worth a warning by itself.
    """

    check: str
    columns: str
    share: float
    suspicious: bool


def audit(
    train: pa.Table, test: pa.Table, target: str | None, key: Sequence[str]
) -> Iterator[Leak]:
    """Yield what the two tables have in common, whatever way they were divided.

    Args:
        train: the rows to learn from.
        test: the rows to be judged by.
        target: the column to predict, None if it is not known.
        key: columns that say which rows are of one thing, such as one song; may be empty.
    """
    table = pa.concat_tables([train, test])
    features = [name for name in table.column_names if name != target]
    plain = [name for name in features if not pt.is_nested(table.schema.field(name).type)]
    if plain:
        share = _known(key_codes(table, plain), train.num_rows)
        yield Leak("rows equal in all features", "", share, share > 0)
    if key:
        share = equal_in_key(train, test, key)
        yield Leak("rows equal in the key", ", ".join(key), share, share > 0)
    for name in plain:
        kind = table.schema.field(name).type
        if pt.is_string(kind) or pt.is_large_string(kind):
            share = _known_text(table[name], train.num_rows)
            yield Leak("near-duplicate text", name, share, False)  # often so by nature
    if target:
        yield from _telling_features(table, train.num_rows, target, plain)
        for name in features:
            if target.casefold() in name.casefold() or name.casefold() in NAMES_OF_TARGETS:
                yield Leak("named like the target", name, 1.0, True)


def equal_in_key(train: pa.Table, test: pa.Table, key: Sequence[str]) -> float:
    """Return the share of the test rows whose key some train row has."""
    return _known(key_codes(pa.concat_tables([train, test]), key), train.num_rows)


def _known(codes: NDArray[np.intp], train: int) -> float:
    """Return the share of the rows after the first `train` whose code is among those."""
    return float(np.isin(codes[train:], codes[:train]).mean())


def _known_text(column: pa.ChunkedArray, train: int) -> float:
    """The same for text, of which letters and digits count and their case does not."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    numbers = {"": 0}  # each text is looked at once, however many rows have it
    bare = [numbers.setdefault(_bare(t), len(numbers)) for t in encoded.dictionary.to_pylist()]
    codes = np.array(bare)[encoded.indices.to_numpy(zero_copy_only=False)]
    asked = codes[train:]
    return float((np.isin(asked, codes[:train]) & (asked != 0)).mean())


def _bare(text: str | None) -> str:
    return re.sub(r"[\W_]+", "", text or "").casefold()


def _telling_features(
    table: pa.Table, train: int, target: str, features: Sequence[str]
) -> Iterator[Leak]:
    """Yield the features that nearly predict the target alone: a value says its commonest class."""
    classes = key_codes(table, [target])
    commonest = np.bincount(classes[:train]).argmax()
    wrong = float((classes[train:] != commonest).mean())
    for name in features if wrong else ():
        values = _binned(table, name)
        votes = np.zeros((values.max() + 1, classes.max() + 1), np.int64)
        np.add.at(votes, (values[:train], classes[:train]), 1)
        guess = np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), commonest)
        avoided = 1 - float((guess[values[train:]] != classes[train:]).mean()) / wrong
        if avoided >= TELLING:
            yield Leak("predicts the target alone", name, avoided, True)


def _binned(table: pa.Table, name: str) -> NDArray[np.intp]:
    """Number a column's values; those of a number with many are put into bins of equal size."""
    codes = key_codes(table, [name])
    kind = table.schema.field(name).type
    if not (pt.is_integer(kind) or pt.is_floating(kind)) or codes.max() < BINS:
        return codes
    values = np.asarray(pc.cast(table[name], pa.float64()).to_numpy(), np.float64)
    edges = np.nanquantile(values, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.where(np.isnan(values), BINS, np.searchsorted(edges, values, side="right"))
