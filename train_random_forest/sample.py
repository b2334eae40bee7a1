"""The rows that training takes: all, or of a table larger than memory a seeded sample."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.splits import division
from pipeline.splits.division import Division
from pipeline.splits.keys import Keys
from pipeline.step import memory
from pipeline.step.start import StepRun
from pipeline.tables import numbers
from pipeline.tables.table_files import Source

Places = NDArray[np.integer]  # of rows in the training table, ascending
KEY = "model.rows"
SEEDS = 2**32
MANY = 100_000  # rows; what has fewer is read without a look at the memory
COPIES = 4  # of the table at least: Arrow's, the frame, the inputs as they enter and as they leave
ROOM = 8  # times the sample's bytes, where a number is proposed: a forest's fit takes six


def read(
    run: StepRun, source: Source, how: Division, most: int | None, apart: bool = False
) -> tuple[pa.Table, Places | None]:
    """Read the training table, or a sample of its rows; say and record which.

    Args:
        run: of the step.
        source: the table.
        how: the division of the validation rows; its column and seed are those of the sample.
        most: rows of the sample; None: all.
        apart: whether the division is that of the whole table: the sample then needs a seed of its
            own, or it is drawn by the same numbers and has none of the rows that validate.

    Returns:
        The rows, in the table's order, and their (n,) places in it; None for all rows.

    Raises:
        InputError: more rows than memory holds, or a sample that has fewer rows than classes.
    """
    how = replace(how, seed=(how.seed + 1) % SEEDS) if apart else how
    keys, places = (None, None) if most is None else drawn(source, how, most)
    if keys is None or places is None:
        if keys:
            run.logger.info("training takes all %s rows: %s=%s asks for no fewer",
                            f"{keys.rows:,}", KEY, most)  # fmt: skip
        _refuse_too_large(source)
        return source.read(), None
    sizes = f"{len(places):,} of {keys.rows:,} rows"
    by = f" stratified by {how.stratify}" if how.stratify else ""
    run.logger.info("training takes %s (%s=%s)%s, seed %s", sizes, KEY, most, by, how.seed)
    run.log({"sample/rows": len(places), "sample/of_rows": keys.rows})
    if keys.classes:
        counts = [np.bincount(codes, minlength=len(keys.classes.names))
                  for codes in (keys.classes.codes, keys.classes.codes[places])]  # fmt: skip
        pairs = zip(keys.classes.names, *(each.tolist() for each in counts), strict=True)
        run.log_table("sample", [{"class": c, "table": n, "sample": m} for c, n, m in pairs])
    return _taken(source, places), places


def drawn(source: Source, how: Division, most: int) -> tuple[Keys, Places | None]:
    """Draw rows, each class (of a quantity each bin) with its share; a class of one row is in.

    Returns:
        What decided, and the places of the rows; None for a table that has no more, or not so many
        more that each class has a row left out.
    """
    by_class = "stratified" if how.stratify else "random"
    how = replace(how, method=by_class, group_by=(), time_column=None, gap=0.0, size_name=KEY)
    keys = division.keys_of(source.schema.names, source.pieces, how)
    left_out = keys.rows - most
    if left_out < 1:
        return keys, None
    how = replace(how, size=(left_out - 0.5) / keys.rows)  # which is rounded up to left_out
    keys = division.with_strata(keys, how)
    classes = len(keys.classes.names) if keys.classes else 1
    if left_out < classes:
        return keys, None
    if most < classes:
        raise InputError(
            f"{KEY}={most}: fewer than the {classes} classes of {how.stratify!r}; give more rows"
        )
    return keys, np.sort(division.assign(keys, how)[0])


def by_piece(
    source: Source, places: Places, columns: Sequence[str] | None = None
) -> Iterator[tuple[pa.Table, Places]]:
    """Yield a table's pieces, of some columns or all, and which rows of each are at some places."""
    begin = 0
    for piece in source.pieces(columns):
        first, last = np.searchsorted(places, [begin, begin + len(piece)])
        yield piece, places[first:last] - begin
        begin += len(piece)


def _taken(source: Source, places: Places) -> pa.Table:
    """Read some rows of a table, piece by piece."""
    found = [piece.take(numbers.to_arrow(rows)) for piece, rows in by_piece(source, places)]
    return source.encoded(pa.concat_tables(found))


def _refuse_too_large(source: Source) -> None:
    """Raise InputError when not even the fewest copies of a table find room in memory."""
    room = memory.free()
    if room is None or source.rows is None or source.rows < MANY:
        return
    each = next(piece.nbytes / len(piece) for piece in source.pieces() if len(piece))
    if source.rows * each * COPIES > room:
        fitting = float(f"{max(room / each / ROOM, 1000):.1g}")
        size, there = f"{source.rows * each / 1e9:.1f}", f"{room / 1e9:.1f}"
        raise InputError(
            f"the training table has {source.rows:,} rows, {size} GB, of which a fit holds "
            f"{COPIES} copies or more, and {there} GB of memory are free; set {KEY}={fitting:.0f} "
            "to train on a sample of so many rows"
        )
