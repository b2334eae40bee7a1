"""How often the drift tests cry wolf, and what they catch.

    python benchmarks/drift.py                        on the sample
    python benchmarks/drift.py --table FILE           on a table with the songs' columns
    python benchmarks/drift.py --pairs 100            sooner

False alarms: tables of several sizes, drawn from one table without overlap, so that nothing but
chance is between them; the share of pairs with any failure must be at most ks_alpha. Catches: one
half of the table, changed, against the other half.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from pipeline.config.checks import Checks
from pipeline.config.loader import load
from pipeline.drift import compare as drift
from pipeline.drift.result import CheckResult
from pipeline.tables.table_files import read_foreign
from preprocess.clean import preprocess

ALPHA = 0.05
SIZES = (50, 200, 1000, 5000)  # rows a side
SEED = 0
NUMBER, GAPPY, CLASS, NEW = "energy", "loudness", "genre", "Polka"  # of the songs

Change = Callable[[pa.Table, np.random.Generator], pa.Table]


def failures(table: pa.Table, reference: pa.Table, checks: Checks) -> list[CheckResult]:
    """Return what fails."""
    found, _ = drift.compare(table, reference, ALPHA, checks)
    return [result for result in found if result.verdict == "failed"]


def false_alarms(table: pa.Table, checks: Checks, rows: int, pairs: int) -> int:
    """Return in how many pairs of tables with so many rows, drawn from one, anything fails."""
    rng = np.random.default_rng(SEED)
    alarms = 0
    for _ in range(pairs):
        order = rng.permutation(table.num_rows)
        one, other = table.take(order[:rows]), table.take(order[rows : 2 * rows])
        alarms += bool(failures(one, other, checks))
    return alarms


def without_rarest(table: pa.Table, _: np.random.Generator) -> pa.Table:
    """Drop all rows of the rarest class."""
    counts = pc.value_counts(table[CLASS]).to_pylist()
    rarest = min(counts, key=lambda row: row["counts"])["values"]
    return table.filter(pc.not_equal(table[CLASS], pa.array([rarest])[0]))


def moved(by: float) -> Change:
    """Return what adds a number to a column of numbers."""
    return lambda table, _: _put(table, NUMBER, pc.add(table[NUMBER], by))


def gappy(share: float) -> Change:
    """Return what makes so large a share of a column missing."""

    def change(table: pa.Table, rng: np.random.Generator) -> pa.Table:
        column = table[GAPPY]
        missing = column.null_count / len(column)
        gone = pa.array(rng.random(len(column)) < (share - missing) / (1 - missing))
        return _put(table, GAPPY, pc.if_else(gone, None, column))

    return change


def new_class(share: float) -> Change:
    """Return what gives a share of the rows a class that was not there."""

    def change(table: pa.Table, rng: np.random.Generator) -> pa.Table:
        chosen = pa.array(rng.random(table.num_rows) < share)
        return _put(table, CLASS, pc.if_else(chosen, NEW, table[CLASS]))

    return change


def renamed(table: pa.Table, _: np.random.Generator) -> pa.Table:
    """Give a column another name."""
    names = [f"{name}_2" if name == NUMBER else name for name in table.column_names]
    return table.rename_columns(names)


def _put(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


# What is done to the table, and the column whose failure it must be; None: nothing may fail.
CASES: dict[str, tuple[Change, str | None]] = {
    "nothing": (lambda table, _: table, None),
    "rarest class dropped": (without_rarest, CLASS),
    f"{NUMBER} + 0.002": (moved(0.002), None),
    f"{NUMBER} + 0.05": (moved(0.05), NUMBER),
    f"{GAPPY} 40 % missing": (gappy(0.4), GAPPY),
    "a new class, 1 % of rows": (new_class(0.01), CLASS),
    f"{NUMBER} renamed": (renamed, NUMBER),
}


def caught(table: pa.Table, checks: Checks, case: str) -> tuple[bool, list[CheckResult]]:
    """Return whether a case ends as it must, and what failed: a changed half against the other."""
    change, column = CASES[case]
    rng = np.random.default_rng(SEED)
    order, half = rng.permutation(table.num_rows), table.num_rows // 2
    sample = change(table.take(order[:half]), rng)
    failed = failures(sample, table.take(order[half:]), checks)
    return {result.column for result in failed} == ({column} if column else set()), failed


def songs(path: Path) -> tuple[pa.Table, Checks]:
    """Return a table as the checks see it, and what they expect of it."""
    config = yaml.safe_load((ROOT / "conf/data/songs.yaml").read_text(encoding="utf-8"))
    table, _ = preprocess(read_foreign(path, path.name), config["preprocess"])
    return table, load(Checks, config["checks"], "checks")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=ROOT / "assets" / "songs_sample.parquet")
    parser.add_argument("--pairs", type=int, default=1000)
    arguments = parser.parse_args()
    table, checks = songs(arguments.table)
    print(f"{table.num_rows:,} rows; {arguments.pairs:,} pairs without drift, alpha {ALPHA}")
    half = table.num_rows // 2
    for rows in sorted({size for size in (*SIZES, half) if size <= half}):
        begin = time.perf_counter()
        alarms = false_alarms(table, checks, rows, arguments.pairs)
        seconds = (time.perf_counter() - begin) / arguments.pairs
        print(f"{rows:>7,} rows a side: {alarms / arguments.pairs:.1%} false alarms, "
              f"{seconds:.3f} s a pair", flush=True)  # fmt: skip
    for case in CASES:
        right, failed = caught(table, checks, case)
        print(f"{'as it must' if right else 'WRONG':10}  {case}: {len(failed)} failed")
        for result in failed:
            print(f"            {result}")


if __name__ == "__main__":
    main()
