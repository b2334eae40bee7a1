"""Labels against features: rows that are equal in what tells them apart and have other targets.

Wrong labels leave every column as it was: no range, no share and no distribution shows them. Rows
that are there twice do, in the table and beside the reference.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config.checks import Labels
from pipeline.config.evaluate import REGRESSION
from pipeline.drift.result import CheckResult
from pipeline.engines.each import Each, here
from pipeline.tables import numbers, row_digests
from pipeline.tables.column_kinds import plain, suggested_task
from pipeline.tables.reading.mapped import AnyTable, pieces_of
from pipeline.tables.row_digests import Digests

INSIDE, REFERENCE = "labels", "labels against the reference"
Rows = tuple[Digests, Digests]  # a number for each row's key, and one for the key with the target
FAR = 1.0  # standard deviations of a quantity, from which on equal rows contradict each other


def rows_of(table: AnyTable, target: str, key: list[str], each: Each = here) -> Rows:
    """Return the numbers of a table's rows.

    Args:
        table: with the columns.
        target: the column to predict.
        key: columns that say which rows are of one thing; empty: all others with plain values.
        each: who works them out.
    """
    others = [field.name for field in table.schema
              if field.name != target and row_digests.is_comparable(field.type)]  # fmt: skip
    names = key or sorted(others)
    columns = list(dict.fromkeys([*names, target]))
    of_key, of_both = zip(*each(_of_piece, pieces_of(table, columns), names, target), strict=True)
    return np.concatenate(of_key), np.concatenate(of_both)


def _of_piece(piece: pa.Table, names: list[str], target: str) -> Rows:
    encoded = row_digests.encoded(piece)
    both = row_digests.of_rows(encoded, [*names, target])
    return row_digests.of_rows(encoded, names), both


def far_apart(rows: Digests, target: pa.ChunkedArray) -> int:
    """Count the rows whose quantity is far from that of another row with the same key.

    A quantity is never quite the same twice: what differs by less than FAR is no contradiction.

    Args:
        rows: (n,) a number for each row's key.
        target: (n,) numbers, some perhaps missing.
    """
    values = numbers.to_numpy(plain(target))
    rows, values = rows[~np.isnan(values)], values[~np.isnan(values)]
    _, thing, sizes = np.unique(rows, return_inverse=True, return_counts=True)
    least, most = np.full(len(sizes), np.inf), np.full(len(sizes), -np.inf)
    np.minimum.at(least, thing, values)
    np.maximum.at(most, thing, values)
    return int(sizes[most - least > FAR * values.std()].sum()) if len(values) else 0


def conflicts(table: Rows) -> tuple[int, int]:
    """Count the rows that equal another one in the key, and those of them with another target.

    Returns:
        How many have another target than a row of the same key, and of how many.
    """
    rows, pairs = table
    _, thing, sizes = np.unique(rows, return_inverse=True, return_counts=True)
    _, first = np.unique(pairs, return_index=True)
    targets = np.bincount(thing[first], minlength=len(sizes))
    return int(sizes[targets > 1].sum()), int(sizes[sizes > 1].sum())


def changed(table: Rows, reference: Rows) -> tuple[int, int]:
    """Count the rows that the reference has as well, and those of them with a new target.

    Returns:
        How many have a target that no row of the same key has in the reference, and of how many.
    """
    (rows, pairs), (old_rows, old_pairs) = table, reference
    known = _among(rows, old_rows)
    return int((known & ~_among(pairs, old_pairs)).sum()), int(known.sum())


def _among(digests: Digests, known: Digests) -> NDArray[np.bool_]:
    """Say which numbers are among those known; np.isin sorts both together, in twice the memory."""
    ordered = np.sort(known)
    at = np.searchsorted(ordered, digests)
    at[at == len(ordered)] = 0
    return np.asarray(ordered[at] == digests) if len(ordered) else np.zeros(len(digests), bool)


def counts(
    table: AnyTable, reference: AnyTable | None, wanted: Labels, each: Each = here
) -> Iterator[tuple[str, int, int, float]]:
    """Yield each check with the rows found, of how many, and the share of these that is allowed.

    Tables without the target or a column of the key are passed over: other checks say so. Of a
    quantity only targets that are far apart count, and none against the reference: drift tells.
    """
    target, key = wanted.target, wanted.key
    if target is None or not {target, *key} <= set(table.column_names):
        return
    rows, number = rows_of(table, target, key, each), table.num_rows
    if suggested_task(table[target]) == REGRESSION.name:
        yield INSIDE, far_apart(rows[0], table[target]), number, wanted.max_conflicts
        return
    yield INSIDE, conflicts(rows)[0], number, wanted.max_conflicts
    if reference is not None and set(table.column_names) == set(reference.column_names):
        known = rows_of(reference, target, key, each)
        yield REFERENCE, *changed(rows, known), wanted.max_changed


def results(found: list[tuple[str, int, int, float]], wanted: Labels) -> Iterator[CheckResult]:
    """Yield what is beyond its limit: a warning, or a failure if `fail` says so."""
    for check, rows, of, most in found:
        if of and rows / of > most:
            seen = f"{rows:,} of {of:,} rows ({rows / of:.2%})"
            verdict = "failed" if wanted.fail else "warned"
            expected = f"at most {most:.2%} of equal rows with another {wanted.target}"
            yield CheckResult(check, wanted.target or "", expected, seen, verdict)
