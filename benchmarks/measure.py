"""One way of doing a thing, in a process of its own: wall, CPU, peak memory."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Cost(NamedTuple):
    """Seconds, seconds of all processors, MB of memory at the peak."""

    wall: float
    cpu: float
    memory: float


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


def table(rows: int, costs: dict[str, list[Cost]]) -> None:
    """Print the median of each way's runs, and how it compares with the first way."""
    medians = {way: Cost(*map(_median, zip(*runs, strict=True))) for way, runs in costs.items()}
    first = next(iter(medians.values()))
    print(f"\n{rows:,} rows" + " " * 20 + "wall s    CPU s   peak MB     rows/s   faster   memory")
    for way, cost in medians.items():
        print(f"{way:28} {cost.wall:9.2f} {cost.cpu:8.2f} {cost.memory:9.0f} "
              f"{rows / cost.wall:10,.0f} {first.wall / cost.wall:7.1f}× "
              f"1/{first.memory / cost.memory:.1f}")  # fmt: skip


def _median(values: tuple[float, ...]) -> float:
    return sorted(values)[len(values) // 2]
