"""Divide a table into a train and a test table, and certify it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config import segregate as settings
from pipeline.engines.each import Each, here
from pipeline.splits import division
from pipeline.splits.division import Division
from pipeline.splits.keys import Keys
from pipeline.tables.prefetch import ahead
from pipeline.tables.reorder import reordered, targets
from pipeline.tables.table_files import Source, Writer, block_rows
from segregate.audit import Audit
from segregate.certificate import Certificate, certify
from segregate.look import Asked, Columns, Look, look

TRAIN, TEST = 0, 1


def split(
    source: Source, how: Division, writers: Sequence[Writer], folder: Path, wanted: settings.Audit,
    each: Each = here,
) -> Certificate:  # fmt: skip
    """Divide the rows; of the table, only pieces are in memory.

    Args:
        source: the table.
        how: the method, its options and the share of the test table.
        writers: of the train and of the test table, of the source's schema. From CSV to CSV rows
            are copied as they are.
        folder: where files can be made, together as large as the table in memory.
        wanted: what is looked for in the two tables.
        each: who works out the keys of the rows, and looks at them.

    Raises InputError as pipeline.splits.division.
    """
    keys = _keys(source, how, each)
    parts = division.assign(keys, how)
    certificate = certify(how, division.with_strata(keys, how), parts)
    fitted = _fitted(source, keys, parts[TRAIN], how, wanted, each) if wanted.leaks else None
    del keys  # what is known of the rows but their places does not stay in memory
    places = targets(parts, block_rows(source.schema))
    del parts
    rows = (certificate.rows["train"], certificate.rows["test"])
    as_lines = source.has_lines and all(writer.is_csv for writer in writers)
    with TemporaryDirectory(dir=folder) as name:
        blocks = _blocks(source, places, rows, as_lines, Path(name))
        if not wanted.leaks:
            _write(blocks, writers, as_lines)
            return certificate
        target, time = wanted.target or how.stratify, how.time_column or wanted.time
        wanted = replace(wanted, target=target, time=time)
        observer = Audit(source.plain, rows, wanted, Path(name))
        observed = _observed(blocks, observer, source.parsed if as_lines else None, each)
        _write(ahead(observed), writers, as_lines)
        return _audited(certificate, observer, fitted, how)


def _write(
    blocks: Iterable[tuple[int, pa.Table]], writers: Sequence[Writer], as_lines: bool
) -> None:
    """Write blocks of rows to the tables of their parts."""
    for part, block in blocks:
        writer = writers[part]
        (writer.write_lines if as_lines else writer.write)(block)


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


def _audited(
    certificate: Certificate, observer: Audit, fitted: NDArray[np.bool_] | None, how: Division
) -> Certificate:
    """Return the certificate with what the audit of all rows adds to it."""
    leaks = [*observer.leaks(), *([] if fitted is None else [observer.equal_in_key(fitted)])]
    time = observer.overlap()
    if time and how.method == "time":
        time = replace(time, gap=how.gap)
    one_sided = observer.one_sided() or certificate.one_sided
    return replace(certificate, time=time, leaks=leaks, one_sided=one_sided)


def _keys(source: Source, how: Division, each: Each) -> Keys:
    names = source.schema.names
    return division.keys_of(names, lambda wanted: ahead(source.pieces(wanted)), how, each)


def _fitted(
    source: Source,
    keys: Keys,
    train: NDArray[np.integer],
    how: Division,
    wanted: settings.Audit,
    each: Each,
) -> NDArray[np.bool_] | None:
    """Return for each train row whether it is left when the validation rows are aside.

    None if no key or no val_size is given.
    """
    if not (wanted.key and wanted.val_size):
        return None
    rest = replace(how, size=wanted.val_size, size_name="val_size")
    own = (
        _keys(source, rest, each) if how.method == "hash" else keys
    )  # whose hashes are drawn apart
    fitted = np.zeros(len(train), bool)
    fitted[division.assign(own.take(train), rest)[TRAIN]] = True
    return fitted


def _observed(
    blocks: Iterator[tuple[int, pa.Table]],
    observer: Audit,
    parsed: Callable[[pa.Table], pa.Table] | None,
    each: Each,
) -> Iterator[tuple[int, pa.Table]]:
    """Yield the blocks when they have been looked at."""
    waiting: deque[tuple[int, pa.Table]] = deque()

    def given() -> Iterator[tuple[pa.Table, Asked]]:
        for part, block in blocks:
            waiting.append((part, block))
            yield block, observer.asked(part, len(block))

    for seen in each(_look, given(), observer.columns, parsed):
        part, block = waiting.popleft()
        observer.add(part, seen)
        yield part, block


def _look(
    given: tuple[pa.Table, Asked], columns: Columns, parsed: Callable[[pa.Table], pa.Table] | None
) -> Look:
    """Look at a block of rows, or of lines, which are parsed first."""
    block, asked = given
    return look(parsed(block) if parsed else block, asked, columns)
