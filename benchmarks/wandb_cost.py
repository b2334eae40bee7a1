"""What W&B costs: alone in a process, and for the six steps of a run that share one recorder.

    uv run python benchmarks/wandb_cost.py

Online means against tests/fakes/wandb_server, a double of the service on this machine: a real one
is as much slower as the network is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.conftest import clean_environment, copy_project
from tests.fakes.wandb_server import KEY, WandbServer

MODES = ("disabled", "offline", "online")
REPEAT = 3
# What a step would do by itself, as the usual pipeline has it.
ALONE = """
import json, sys, time
def clock(moments=[time.perf_counter()]):
    moments.append(time.perf_counter())
    return moments[-1] - moments[-2]
import wandb
seconds = {"import": clock()}
run = wandb.init(project="p", settings=wandb.Settings(silent=True, console="off"))
seconds["init"] = clock()
run.log({"rows": 1})
artifact = wandb.Artifact("table.csv", "raw")
artifact.add_file(sys.argv[1])
run.log_artifact(artifact)
if not (run.offline or run.disabled):
    artifact.wait()
seconds["log"] = clock()
run.finish()
seconds["finish"] = clock()
print(json.dumps(seconds))
"""


def alone(folder: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """Return the seconds of each part in a process of its own, medians."""
    runs = []
    for number in range(REPEAT):
        table = folder / f"table_{number}.csv"  # other bytes each time, or nothing is sent
        table.write_text(f"{time.time_ns()}\n" * 50_000)
        command = [sys.executable, "-c", ALONE, str(table)]
        done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return {part: median(run[part] for run in runs) for part in runs[0]}


def whole(folder: Path, mode: str, environment: Mapping[str, str]) -> tuple[float, float]:
    """Return the seconds of a whole run, and those that each step gave to recording."""
    project = copy_project(folder / f"repository_{mode}")
    command = [sys.executable, "main.py", "experiment=quick", "main.cache=false"]
    seconds, steps = [], []
    for _ in range(REPEAT + 1):  # the first makes bytecode and databases
        begin = time.perf_counter()
        subprocess.run(command, cwd=project.root, env=environment, check=True, capture_output=True)
        seconds.append(time.perf_counter() - begin)
        newest = max(project.root.glob("outputs/20*/*"), key=lambda place: place.name)
        records = [json.loads(p.read_text()) for p in newest.glob("*/record.json")]
        steps.append(sum(record["tracking"] for record in records))
    return median(seconds[1:]), median(steps[1:])


def main() -> None:
    """Measure the three modes in turn."""
    print(f"{'':10}{'a process of its own':^44}{'six steps, one recorder':>28}")
    parts = ("import", "init", "log", "finish", "sum")
    print(f"{'':10}" + "".join(f"{part:>9}" for part in parts) + f"{'whole':>14}{'recording':>14}")
    with tempfile.TemporaryDirectory() as place, WandbServer(Path(place, "server")) as server:
        for mode in MODES:
            folder = Path(place, mode)
            folder.mkdir()
            account = {"WANDB_MODE": mode, "WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}
            own = {f"WANDB_{name}_DIR": str(folder) for name in ("CONFIG", "CACHE", "DATA")}
            environment = clean_environment() | account | own
            parts_seconds = alone(folder, environment)
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            seconds, recording = whole(folder, mode, clean_environment() | account | {
                "PATH": path, "WANDB_CONFIG_DIR": str(folder)})  # fmt: skip
            figures = [*parts_seconds.values(), sum(parts_seconds.values())]
            line = "".join(f"{figure:9.2f}" for figure in figures)
            print(f"{mode:10}{line}{seconds:14.1f}{recording:14.2f}", flush=True)


if __name__ == "__main__":
    main()
