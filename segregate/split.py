"""Divide a table into a train and a test table, and certify it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.splits import division
from pipeline.splits.division import Division, Keys
from pipeline.tables.prefetch import ahead
from pipeline.tables.reorder import reordered, targets
from pipeline.tables.table_files import Source, Writer, block_rows
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
        folder: where files can be made, together as large as the table in memory.
        audit: leaks (false: they are not looked for), target (column to predict; by default the
            stratify column), key (columns that say which rows are of one thing), time (column),
            val_size (the share of the train rows that are going to be validation rows).

    Returns:
        The certificate, see segregate.certificate.

    Raises:
        InputError: as pipeline.splits.division.
    """
    asked = audit or {}
    made, places, fitted = _assigned(source, how, asked)
    rows: tuple[int, int] = (made["rows"]["train"], made["rows"]["test"])
    as_lines = source.has_lines and all(writer.is_csv for writer in writers)
    write = [writer.write_lines if as_lines else writer.write for writer in writers]
    with TemporaryDirectory(dir=folder) as place:
        blocks = _blocks(source, places, rows, as_lines, Path(place))
        if not asked.get("leaks", True):
            for part, block in blocks:
                write[part](block)
            return made | {"leaks": None}
        key, time = asked.get("key") or (), how.time_column or asked.get("time")
        target = asked.get("target") or how.stratify
        observer = Audit(source.plain, rows, target, key, time, Path(place))
        for part, block in ahead(_observed(blocks, observer, source.parsed if as_lines else None)):
            write[part](block)
        return made | _audited(observer, fitted, how)


def _blocks(
    source: Source,
    places: NDArray[np.integer],
    rows: tuple[int, int],
    as_lines: bool,
    folder: Path,
) -> Iterator[tuple[int, pa.Table]]:
    """Yield the next rows of the train (0) or the test table (1), as lines or plain values."""
    size = block_rows(source.schema)
    start_of_test = -(-rows[TRAIN] // size) * size

    def rank(start: int) -> float:  # both parts grow side by side, each in a thread
        inside = start - start_of_test
        return inside / rows[TEST] if inside >= 0 else start / rows[TRAIN]

    pieces = ahead(source.lines() if as_lines else source.pieces())
    for start, block in ahead(reordered(pieces, places, size, folder, rank)):
        yield int(start >= start_of_test), block


def _audited(observer: Audit, fitted: NDArray[np.bool_] | None, how: Division) -> dict[str, Any]:
    """Return what the audit of all rows adds to the certificate."""
    found = [*observer.leaks(), *([] if fitted is None else [observer.equal_in_key(fitted)])]
    overlap = observer.overlap()
    time = overlap | ({"gap": how.gap} if how.method == "time" else {}) if overlap else None
    return ({"time": time} if time else {}) | {"leaks": [asdict(leak) for leak in found]}


def _assigned(
    source: Source, how: Division, asked: Mapping[str, Any]
) -> tuple[dict[str, Any], NDArray[np.integer], NDArray[np.bool_] | None]:
    """Divide the row numbers; what else is known of the rows does not stay in memory.

    Returns:
        What the certificate says of the assignment; the place of each row, see
        pipeline.tables.reorder; for each train row whether it is left when the validation rows are
        aside, None if that is not asked.
    """
    keys = _keys(source, how)
    parts = division.assign(keys, how)
    fitted = None
    if asked.get("leaks", True) and asked.get("key") and asked.get("val_size"):
        rest = replace(how, size=asked["val_size"], size_name="val_size")
        fitted = np.zeros(len(parts[TRAIN]), bool)
        fitted[_fitted(source, keys, parts[TRAIN], rest)] = True
    return certify(how, keys, parts), targets(parts, block_rows(source.schema)), fitted


def _keys(source: Source, how: Division) -> Keys:
    columns = division.columns_of(how, source.schema.names)
    return division.keys_of(ahead(source.pieces(columns)), how)


def _fitted(
    source: Source, keys: Keys, train: NDArray[np.integer], how: Division
) -> NDArray[np.integer]:
    """Return which of the train rows are not going to be validation rows."""
    own = _keys(source, how) if how.method == "hash" else keys  # whose hashes are drawn apart
    return division.assign(own.take(train), how)[0]


def _observed(
    blocks: Iterator[tuple[int, pa.Table]],
    observer: Audit,
    parsed: Callable[[pa.Table], pa.Table] | None,
) -> Iterator[tuple[int, pa.Table]]:
    for part, block in blocks:
        observer.add(part, parsed(block) if parsed else block)
        yield part, block
