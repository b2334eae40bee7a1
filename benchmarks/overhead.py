"""What the pipeline costs beyond its work: a warm `python main.py` against one process.

    python benchmarks/overhead.py                       on the sample
    python benchmarks/overhead.py --table FILE --runs 5 on a table with the songs' columns

Runs it, the plain script and `one_process.py` (the same figures and report, nothing recorded) in
turn, in a scratch copy of the repository, and prints medians and ratios of the wall time and of the
CPU seconds of all processes; then where each step's time goes. Read the ratios: seconds differ from
machine to machine.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from pipeline.context import RunContext
from pipeline.tracking.recorder_client import RecorderProcess

EVERY = 0.25  # seconds between two looks at the memory
RESULTS = (".git", ".venv", "wandb", "mlruns", "mlflow.db*", "artifacts", "outputs", "__pycache__")


class Cost(NamedTuple):
    """Seconds, CPU seconds and MiB of all processes together; pages in common count once."""

    wall: float
    cpu: float
    memory: float


def cost(command: list[str], folder: Path) -> Cost:
    """Run a command to its end and return what it has cost."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begin, most, status = time.perf_counter(), 0.0, 0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=environment, stdout=out, stderr=out
        )
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            most = max(most, sum(map(_memory, _with_children(process.pid))))
            time.sleep(EVERY)
        _, status, used = ended
        if status:
            out.seek(0)
            raise SystemExit(f"{command} failed: {out.read().decode()[-2000:]}")
    return Cost(time.perf_counter() - begin, used.ru_utime + used.ru_stime, most)


def _with_children(process: int) -> Iterator[int]:
    yield process
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _with_children(int(child))


def _memory(process: int) -> float:
    with suppress(OSError):  # it has ended
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def compare(copy: Path, table: Path, runs: int) -> None:
    """Run the three in turn; print the medians, and the ratios of the pipeline to the others."""
    ours = ["main.py", f"data.file_url={table}", "main.cache=false"]
    cost(ours, copy)  # makes bytecode, MLflow's database, and a run for the report
    run = max(copy.glob("outputs/*/*/manifest.json"), key=str).parent
    ways = {
        "pipeline": ours,
        "plain script": ["benchmarks/plain_script.py", str(table)],
        "one process": ["benchmarks/one_process.py", str(table), str(run)],
    }
    rounds = []
    for _ in range(runs):
        rounds.append({way: cost(words, copy) for way, words in ways.items()})
        seen = (f"{way} {c.wall:.1f} s, {c.cpu:.1f} CPU s" for way, c in rounds[-1].items())
        print(" · ".join(seen), flush=True)
    medians = {w: Cost(*map(median, zip(*(r[w] for r in rounds), strict=True))) for w in ways}
    print(
        f"{'median of':14}{'wall s':>8}{'CPU s':>8}{'MiB':>7}  the pipeline is so many times that"
    )
    for way, (wall, cpu, memory) in medians.items():
        times = f"{medians['pipeline'].wall / wall:.2f} {medians['pipeline'].cpu / cpu:.2f}"
        print(f"{way:14}{wall:8.1f}{cpu:8.1f}{memory:7.0f}  {times}", flush=True)


def shares(copy: Path) -> None:
    """Run each step of the last run again, alone, and print where its time goes."""
    run = max(copy.glob("outputs/*/*/manifest.json"), key=str).parent
    config = [p.parent for p in sorted(run.glob("*/record.json"), key=lambda p: p.stat().st_mtime)
              if (ROOT / p.parent.name / "run.py").exists()]  # fmt: skip
    print(f"{'step':22}{'seconds':>9}{'imports':>9}{'tracking':>9}{'work':>9}")
    context = RunContext.from_environ()
    with RecorderProcess(context) as recorder:
        context = replace(context, recorder=recorder.address)
        time.sleep(3)  # in a run, the recorder is ready before the first step
        for record in config:
            _print_step(copy, record, context)


def _print_step(copy: Path, old: Path, context: RunContext) -> None:
    parameters = json.loads((old / "record.json").read_text())["parameters"]
    plain = {name: "null" if value is None else value for name, value in parameters.items()}
    for name in (name for name, value in plain.items() if isinstance(value, dict | list)):
        plain[name] = old.with_name(f"{old.name}.{name}.yaml")
    words = [f"--{name}={value}" for name, value in plain.items()]
    new = old.with_name(f"{old.name}_again")
    environment = os.environ | replace(context, record_folder=str(new)).to_environ()
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", f"{old.name}/run.py", *words],
        cwd=copy,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - begin
    lines = [
        line.split("|") for line in done.stderr.splitlines() if line.startswith("import time:")
    ]
    own = [int(line[0].split(":")[1]) for line in lines if line[1].strip().isdigit()]
    imports, tracking = sum(own) / 1e6, json.loads((new / "record.json").read_text())["tracking"]
    work = max(wall - imports - tracking, 0)
    print(f"{old.name:22}{wall:9.2f}{imports:9.2f}{tracking:9.2f}{work:9.2f}")


def main() -> None:
    """Measure in a scratch copy of the repository, so that nothing here is touched."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--table", type=Path, default=ROOT / "assets" / "songs_sample.parquet")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "repository"
        ignored = shutil.ignore_patterns(*RESULTS)
        shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
        compare(copy, arguments.table.resolve(), arguments.runs)
        shares(copy)


if __name__ == "__main__":
    main()
