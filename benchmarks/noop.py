"""What it costs to find out that there is nothing to do, beside `dvc repro` on the same six steps.

    python benchmarks/noop.py                  on the sample
    python benchmarks/noop.py --gigabytes 10   also with a seventh step whose output is that large

Works in a scratch copy of the repository; DVC gets an environment of its own there, with bytecode.
Read the ratio: seconds differ from machine to machine.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from benchmarks.overhead import RESULTS
from pipeline.store.artifacts import Store

BIG_STEP = """
import sys
from pathlib import Path
sys.path[0] = str(Path(__file__).resolve().parents[1])
from pipeline.step import arguments, start
args = arguments.parse(__file__)
with start.start_run("big", args) as run:
    path = run.output_path("big.bin")
    with path.open("wb") as file:
        file.truncate(args.bytes)
    run.add_artifact("big.bin", path, "zeros", "Zeros", {})
"""
BIG_PROJECT = """
name: big
conda_env: conda.yaml
entry_points:
  main:
    parameters:
      bytes: {type: int, help: "Size of the output."}
    command: exec python run.py --bytes={bytes}
"""


def seconds(command: list[str], folder: Path) -> float:
    """Run a command to its end and return its wall time."""
    ours = ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment |= {"WANDB_MODE": "disabled", "DVC_NO_ANALYTICS": "1"}
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


def median(command: list[str], folder: Path, runs: int = 7) -> float:
    """Return the median wall time of a command."""
    return statistics.median(seconds(command, folder) for _ in range(runs))


def composed(command: list[str], folder: Path) -> float:
    """Time a no-op whose command was not kept: Hydra composes, every fact is compared."""
    for kept in (folder / "outputs" / ".state").glob("[0-9a-f]*.json"):
        if kept.name != "digests.json":
            kept.unlink()
    return seconds(command, folder)


def dvc_stages(copy: Path) -> None:
    """Describe the six steps to DVC: the same code, config, inputs and outputs, as files."""
    config = yaml.safe_load((copy / "config.yaml").read_text(encoding="utf-8"))
    store = Store(copy / "artifacts")
    stages, made = {}, "assets/songs_sample.parquet"
    for step in config["steps"]:
        code = [step, "pipeline", "conf", "config.yaml", made]
        names = [n for n in store.names() if store.get(f"{n}:latest").step == step]
        for name in names:
            store.download(store.get(f"{name}:latest"), copy / "results" / name)
        outputs = [f"results/{name}" for name in names]
        stages[step] = {"cmd": f"python main.py main.steps={step}", "deps": code, "outs": outputs}
        made = outputs[0] if outputs else made
    (copy / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")


def beside_dvc(copy: Path) -> None:
    """Time both with nothing changed, and print the ratio."""
    ours = [sys.executable, "main.py"]
    for _ in range(2):  # the first runs the steps, the second keeps what it found
        seconds(ours, copy)
    time.sleep(2.5)  # files that changed just now are read once more
    slow = statistics.median(composed(ours, copy) for _ in range(5))
    fast = median(ours, copy)
    dvc_stages(copy)
    shutil.rmtree(copy / "artifacts")  # not DVC's business
    environment = copy / ".dvc_environment"
    seconds(["uv", "venv", "--quiet", str(environment)], copy)
    python = str(environment / "bin" / "python")
    seconds(["uv", "pip", "install", "--compile-bytecode", "--python", python, "dvc"], copy)
    dvc = str(environment / "bin" / "dvc")
    seconds(["git", "init", "--quiet"], copy)
    seconds([dvc, "init", "--quiet"], copy)
    seconds([dvc, "commit", "--force", "--quiet"], copy)
    said = subprocess.run([dvc, "repro"], cwd=copy, capture_output=True, text=True).stdout
    assert "up to date" in said, said
    theirs = median([dvc, "repro"], copy)
    print(f"same command, nothing changed: {fast:.3f} s · dvc repro {theirs:.3f} s · ratio "
          f"{fast / theirs:.2f}")  # fmt: skip
    print(f"another command with the same result (Hydra composes): {slow:.3f} s")


def large(copy: Path, gigabytes: float) -> None:
    """Time a no-op of a pipeline one of whose outputs is large."""
    step = copy / "big"
    step.mkdir()
    (step / "run.py").write_text(BIG_STEP)
    (step / "MLproject").write_text(BIG_PROJECT)
    shutil.copy(copy / "conda.yaml", step)
    text = (copy / "config.yaml").read_text(encoding="utf-8")
    size = int(gigabytes * 2**30)
    text = text.replace("\nhydra:\n", f"\n  big:\n    bytes: {size}\n\nhydra:\n")
    (copy / "config.yaml").write_text(text, encoding="utf-8")
    ours = [sys.executable, "main.py"]
    first = seconds(ours, copy)
    time.sleep(2.5)
    read = seconds(ours, copy)
    kept = composed(ours, copy)
    fast = median(ours, copy)
    print(f"with an output of {gigabytes:g} GiB: run {first:.1f} s, its digest taken {read:.2f} s, "
          f"kept {kept:.3f} s, same command {fast:.3f} s")  # fmt: skip


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a copy of the repository without results."""
    with tempfile.TemporaryDirectory(prefix="noop_") as folder:
        copy = Path(folder, "copy")
        shutil.copytree(ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(*RESULTS))
        yield copy


def main() -> None:
    """Time in a scratch copy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=0)
    arguments = parser.parse_args()
    with scratch() as copy:
        beside_dvc(copy)
    if arguments.gigabytes:
        with scratch() as copy:
            large(copy, arguments.gigabytes)


if __name__ == "__main__":
    main()
