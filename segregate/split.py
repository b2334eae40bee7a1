"""Divide a table into a train and a test table, and certify it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import splits
from pipeline.ahead import ahead
from pipeline.reorder import reordered
from pipeline.splits import Division, Keys
from pipeline.tables import Source, block_rows
from segregate.audit import Audit, Leak
from segregate.certificate import certify

TRAIN, TEST = 0, 1


def split(
    source: Source,
    how: Division,
    write: Callable[[int, pa.Table], None],
    folder: Path,
    audit: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Divide the rows; of the table, only pieces are in memory.

    With the stratified and the random method the rows are those of scikit-learn's
    ``train_test_split`` with the same random_state, in its order.

    Args:
        source: the table.
        how: the method, its options and the share of the test table.
        write: takes the next rows of the train (0) or of the test table (1).
        folder: for files that are gone at the end, together as large as the table in memory.
        audit: key (columns that say which rows are of one thing), time (column), val_size (the
            share of the train rows that are going to be validation rows).

    Returns:
        The certificate, see segregate.certificate.

    Raises:
        InputError: as pipeline.splits.
    """
    asked = audit or {}
    keys = _keys(source, how)
    parts = splits.assign(keys, how)
    fitted = None
    if asked.get("key") and asked.get("val_size"):
        fitted = _fitted(source, keys, parts[TRAIN], replace(how, size=asked["val_size"],
                                                             size_name="val_size"))  # fmt: skip
    observer = Audit(
        source.plain,
        (len(parts[TRAIN]), len(parts[TEST])),
        how.stratify,
        asked.get("key") or (),
        how.time_column or asked.get("time"),
        folder,
    )
    blocks = reordered(ahead(source.pieces()), parts, block_rows(source.schema), folder)
    for part, block in ahead(_observed(ahead(blocks), observer)):
        write(part, block)
    leaks: list[Leak] = list(observer.leaks())
    if fitted is not None:
        leaks.append(observer.equal_in_key(fitted))
    return certify(how, keys, parts, leaks, observer.overlap())


def _keys(source: Source, how: Division) -> Keys:
    columns = splits.columns_of(how, source.schema.names)
    return splits.keys_of(ahead(source.pieces(columns)), how)


def _fitted(
    source: Source, keys: Keys, train: NDArray[np.integer], how: Division
) -> NDArray[np.integer]:
    """Return which of the train rows are not going to be validation rows."""
    own = _keys(source, how) if how.method == "hash" else keys  # whose hashes are drawn apart
    return splits.assign(own.take(train), how)[0]


def _observed(
    blocks: Iterator[tuple[int, pa.Table]], observer: Audit
) -> Iterator[tuple[int, pa.Table]]:
    for part, block in blocks:
        observer.add(part, block)
        yield part, block
