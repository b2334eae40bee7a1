"""The rows of a table in another order, however large the table is."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.tables.numbers import to_arrow
from pipeline.tables.prefetch import ahead

BatchesOf = dict[int, list[int]]  # block → the batches of the sorted file that hold its rows


def targets(parts: Sequence[NDArray[np.integer]], size: int) -> NDArray[np.integer]:
    """Return for each row the place where it goes.

    Args:
        parts: of each part, the numbers of its rows in their order.
        size: rows of a block; each part begins a block.

    Returns:
        (rows,) places, part after part; -1 for a row that is in no part.
    """
    firsts = np.cumsum([0, *(-(-len(part) // size) * size for part in parts)])
    rows = max((int(part.max()) + 1 for part in parts if len(part)), default=0)
    kind = np.dtype(np.int32 if firsts[-1] < 2**31 else np.int64)
    places: NDArray[np.integer] = np.full(rows, -1, kind)
    for part, first in zip(parts, firsts, strict=False):
        places[part] = np.arange(first, first + len(part), dtype=kind)
    return places


def reordered(
    pieces: Iterable[pa.Table],
    places: NDArray[np.integer],
    size: int,
    folder: Path,
    rank: Callable[[int], float] = float,
) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows in the order of their places, block by block.

    A sort on disk in two passes: each piece of the table is sorted into the blocks that its rows
    belong to, then each block is put together. So the rows are read once, in their order, and in
    memory are one piece and one block, never the table.

    Args:
        pieces: the table's rows in order, in pieces.
        places: see targets; rows beyond them go nowhere.
        size: rows of a block.
        folder: where a file can be made that is as large as the table in memory.
        rank: which blocks come first, by their first place.

    Yields:
        The first place of a block, and its rows.
    """
    path = folder / "sorted.arrow"
    batches_of = _sort(pieces, places, size, path)
    if batches_of:
        with pa.OSFile(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for block in sorted(batches_of, key=lambda block: rank(block * size)):
                batches = [reader.get_batch(number) for number in batches_of[block]]
                # In one piece: to take rows from many takes twice as long.
                yield block * size, _in_order(pa.Table.from_batches(batches).combine_chunks())
    path.unlink()


def _sort(
    pieces: Iterable[pa.Table], places: NDArray[np.integer], size: int, path: Path
) -> BatchesOf:
    """Write the rows, sorted within each piece, as batches that belong to one block each.

    A batch's last column says the place of each row.
    """
    batches_of: BatchesOf = defaultdict(list)
    written = 0
    with pa.OSFile(str(path), "wb") as file:
        writer = None
        for rows, to in ahead(_sorted(pieces, places)):
            writer = writer or pa.ipc.new_file(file, rows.schema)
            blocks, firsts = np.unique(to // size, return_index=True)
            ends = [*firsts[1:], len(to)][: len(blocks)]
            for block, first, end in zip(blocks, firsts, ends, strict=True):
                (batch,) = rows.slice(first, end - first).combine_chunks().to_batches()
                writer.write_batch(batch)
                batches_of[int(block)].append(written)
                written += 1
        if writer is not None:
            writer.close()
    return batches_of


def _sorted(
    pieces: Iterable[pa.Table], places: NDArray[np.integer]
) -> Iterator[tuple[pa.Table, NDArray[np.integer]]]:
    """Yield each piece's rows in the order of their places, and these, which are a column, too."""
    start = 0
    for piece in pieces:
        to = places[start : start + len(piece)]
        start += len(piece)
        to = np.concatenate([to, np.full(len(piece) - len(to), -1, places.dtype)])
        order = np.argsort(to, kind="stable")
        order = order[np.searchsorted(to[order], 0) :]
        to = to[order]
        yield piece.take(to_arrow(order)).append_column("place", to_arrow(to)), to


def _in_order(rows: pa.Table) -> pa.Table:
    """Order the rows by their last column, and drop it."""
    place = rows.column(rows.num_columns - 1).combine_chunks()
    order = np.argsort(np.frombuffer(place.buffers()[1], place.type.to_pandas_dtype()))
    return rows.remove_column(rows.num_columns - 1).take(to_arrow(order))
