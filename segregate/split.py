"""Divide a table into a train and a test table, and certify it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config import segregate as settings
from pipeline.splits import division
from pipeline.splits.division import Division
from pipeline.splits.keys import Keys
from pipeline.tables.prefetch import ahead
from pipeline.tables.reorder import reordered, targets
from pipeline.tables.table_files import Source, Writer, block_rows
from segregate.audit import Audit
from segregate.certificate import Certificate, certify

TRAIN, TEST = 0, 1


def split(
    source: Source,
    how: Division,
    writers: Sequence[Writer],
    folder: Path,
    wanted: settings.Audit,
) -> Certificate:
    """Divide the rows; of the table, only pieces are in memory.

    Args:
        source: the table.
        how: the method, its options and the share of the test table.
        writers: of the train and of the test table, of the source's schema. From CSV to CSV rows
            are copied as they are.
        folder: where files can be made, together as large as the table in memory.
        wanted: what is looked for in the two tables.

    Raises InputError as pipeline.splits.division.
    """
    keys = _keys(source, how)
    parts = division.assign(keys, how)
    certificate = certify(how, division.with_strata(keys, how), parts)
    fitted = _fitted(source, keys, parts[TRAIN], how, wanted) if wanted.leaks else None
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
        observed = _observed(blocks, observer, source.parsed if as_lines else None)
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


def _keys(source: Source, how: Division) -> Keys:
    return division.keys_of(source.schema.names, lambda names: ahead(source.pieces(names)), how)


def _fitted(
    source: Source,
    keys: Keys,
    train: NDArray[np.integer],
    how: Division,
    wanted: settings.Audit,
) -> NDArray[np.bool_] | None:
    """Return for each train row whether it is left when the validation rows are aside.

    None if no key or no val_size is given.
    """
    if not (wanted.key and wanted.val_size):
        return None
    rest = replace(how, size=wanted.val_size, size_name="val_size")
    own = _keys(source, rest) if how.method == "hash" else keys  # whose hashes are drawn apart
    fitted = np.zeros(len(train), bool)
    fitted[division.assign(own.take(train), rest)[TRAIN]] = True
    return fitted


def _observed(
    blocks: Iterator[tuple[int, pa.Table]],
    observer: Audit,
    parsed: Callable[[pa.Table], pa.Table] | None,
) -> Iterator[tuple[int, pa.Table]]:
    for part, block in blocks:
        observer.add(part, parsed(block) if parsed else block)
        yield part, block
