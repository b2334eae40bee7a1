"""Ways of doing the same thing, each in a process of its own: wall, CPU, peak memory."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

Ways = Mapping[str, Callable[[Path], None]]  # each works in a folder with table.csv, table.parquet


class Cost(NamedTuple):
    """Seconds, seconds of all processors, MB of memory at the peak."""

    wall: float
    cpu: float
    memory: float


def main(program: str, about: str | None, ways: Ways) -> None:
    """Compare the ways on tables of the sizes that the command line asks for, or be one of them."""
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=1, help="medians of so many")
    parser.add_argument("--folder", type=Path, help="on a disk with room for the tables")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        {"prepare": prepare, **ways}[given.way](given.folder)
        return
    for rows in given.rows:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            made = f"{folder}/made.parquet"
            run(ROOT / "assets/make_sample.py", "--rows", str(rows), "--out", made)
            run(Path(program), "--way", "prepare", "--folder", folder)
            costs: dict[str, list[Cost]] = {way: [] for way in ways}
            for _ in range(given.repeat):
                for way in ways:
                    costs[way].append(run(Path(program), "--way", way, "--folder", folder))
            show(rows, costs)


def run(program: Path, *arguments: str) -> Cost:
    """Run a Python program to its end.

    Its memory is what the system counts as resident, pages of files that it maps included.

    Raises:
        SystemExit: the program failed.
    """
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, str(program), *arguments], cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{program.name} {' '.join(arguments)} ended with {process.returncode}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def show(rows: int, costs: Mapping[str, list[Cost]]) -> None:
    """Print the medians of each way's runs, and how they compare with the first way's."""
    medians = {way: Cost(*map(median, zip(*runs, strict=True))) for way, runs in costs.items()}
    first = next(iter(medians.values()))
    head = f"{rows:,} rows"
    print(f"\n{head:34}  wall s    CPU s  peak MB      rows/s   faster  memory")
    for way, cost in medians.items():
        figures = f"{cost.wall:7.2f} {cost.cpu:8.2f} {cost.memory:8.0f} {rows / cost.wall:11,.0f}"
        ratio = f"{first.wall / cost.wall:.1f}×"
        print(f"{way:34} {figures} {ratio:>8}   1/{first.memory / cost.memory:.1f}")


def prepare(folder: Path) -> None:
    """Write made.parquet as this project's table.csv and table.parquet."""
    import pyarrow.parquet as pq

    from pipeline.tables.chunks import parquet_pieces
    from pipeline.tables.table_files import Writer, schema_of

    made = folder / "made.parquet"
    schema = schema_of(pq.read_schema(made).empty_table())
    for suffix in ("csv", "parquet"):
        with Writer(folder / f"table.{suffix}", schema) as writer:
            for piece in parquet_pieces(made, schema.names, schema.names, made.name):
                writer.write(piece)
        metadata = json.dumps(writer.metadata)
        (folder / f"{suffix}.json").write_text(metadata, encoding="utf-8")
