"""What the pipeline costs beyond its work: a warm `python main.py` against one plain script.

    python benchmarks/overhead.py                       on the sample
    python benchmarks/overhead.py --table FILE --runs 5 on a table with the songs' columns

Runs both in turn, in a scratch copy of the repository, and prints medians and their ratio; then
where each step's time goes. Read the ratio: seconds differ from machine to machine.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from pipeline.context import RunContext
from pipeline.tracking.recorder_client import RecorderProcess

RESULTS = (".git", ".venv", "wandb", "mlruns", "mlflow.db*", "artifacts", "outputs", "__pycache__")


def seconds(command: list[str], folder: Path) -> float:
    """Run a command to its end and return its wall time."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, check=True, capture_output=True
    )
    return time.perf_counter() - begin


def compare(copy: Path, table: Path, runs: int) -> None:
    """Time the pipeline and the plain script in turn and print the ratio of their medians."""
    ours = ["main.py", f"data.file_url={table}", "main.cache=false"]
    plain = ["benchmarks/plain_script.py", str(table)]
    seconds(ours, copy), seconds(plain, copy)  # the first makes bytecode and MLflow's database
    pairs = [(seconds(ours, copy), seconds(plain, copy)) for _ in range(runs)]
    pipeline, script = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"pipeline {pipeline:.1f} s · plain script {script:.1f} s · ratio {pipeline / script:.2f}"
    )
    print("each pair:", ", ".join(f"{a:.1f} / {b:.1f}" for a, b in pairs))


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
