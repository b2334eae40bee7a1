"""Divide a table into a train and a test table, and certify it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import splits
from pipeline.ahead import ahead
from pipeline.reorder import reordered, targets
from pipeline.splits import Division, Keys
from pipeline.tables import Source, Writer, block_rows
from segregate.audit import Audit
from segregate.certificate import certify

TRAIN, TEST = 0, 1


def split(
    source: Source,
    how: Division,
    writers: Sequence[Writer],
    folder: Path,
    audit: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Divide the rows; of the table, only pieces are in memory.

    With the stratified and the random method the rows are those of scikit-learn's
    ``train_test_split`` with the same random_state, in its order.

    Args:
        source: the table.
        how: the method, its options and the share of the test table.
        writers: of the train and of the test table, of the source's schema. From CSV to CSV rows
            are copied as they are.
        folder: for files that are gone at the end, together as large as the table in memory.
        audit: leaks (false: they are not looked for), target (column to predict; by default the
            stratify column), key (columns that say which rows are of one thing), time (column),
            val_size (the share of the train rows that are going to be validation rows).

    Returns:
        The certificate, see segregate.certificate.

    Raises:
        InputError: as pipeline.splits.
    """
    asked = audit or {}
    size = block_rows(source.schema)
    made, places, fitted = _assigned(source, how, size, asked)
    rows = (made["rows"]["train"], made["rows"]["test"])
    start_of_test = -(-rows[TRAIN] // size) * size
    as_lines = source.has_lines and all(writer.is_csv for writer in writers)
    pieces = ahead(source.lines() if as_lines else source.pieces())
    blocks = ahead(reordered(pieces, places, size, folder))
    named = ((int(start >= start_of_test), block) for start, block in blocks)
    write = [writer.write_lines if as_lines else writer.write for writer in writers]
    if not asked.get("leaks", True):
        for part, block in named:
            write[part](block)
        return made | {"leaks": None}
    key, time = asked.get("key") or (), how.time_column or asked.get("time")
    target = asked.get("target") or how.stratify
    observer = Audit(source.plain, rows, target, key, time, folder)
    for part, block in ahead(_observed(named, observer, source.parsed if as_lines else None)):
        write[part](block)
    if overlap := observer.overlap():
        made["time"] = overlap | ({"gap": how.gap} if how.method == "time" else {})
    leaks = list(observer.leaks())
    if fitted is not None:
        leaks.append(observer.equal_in_key(fitted))
    made["leaks"] = [asdict(leak) for leak in leaks]
    return made


def _assigned(
    source: Source, how: Division, size: int, asked: Mapping[str, Any]
) -> tuple[dict[str, Any], NDArray[np.integer], NDArray[np.bool_] | None]:
    """Divide the row numbers; what else is known of the rows does not stay in memory.

    Returns:
        What the certificate says of the assignment; the place of each row, see
        pipeline.reorder; for each train row whether it is left when the validation rows are
        aside, None if that is not asked.
    """
    keys = _keys(source, how)
    parts = splits.assign(keys, how)
    fitted = None
    if asked.get("leaks", True) and asked.get("key") and asked.get("val_size"):
        rest = replace(how, size=asked["val_size"], size_name="val_size")
        fitted = np.zeros(len(parts[TRAIN]), bool)
        fitted[_fitted(source, keys, parts[TRAIN], rest)] = True
    return certify(how, keys, parts), targets(parts, size), fitted


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
    blocks: Iterator[tuple[int, pa.Table]],
    observer: Audit,
    parsed: Callable[[pa.Table], pa.Table] | None,
) -> Iterator[tuple[int, pa.Table]]:
    for part, block in blocks:
        observer.add(part, parsed(block) if parsed else block)
        yield part, block
