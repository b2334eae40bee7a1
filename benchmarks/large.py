"""The whole pipeline on a table of any size: seconds, CPU and peak memory of each step.

    python benchmarks/large.py --rows 1000000 [--sample 200000] [--folder FOLDER] [--lose SECONDS]
        [--alone] [OVERRIDE ...]

The table is made by assets/make_sample.py, and the run is that of a scratch copy of the repository.
With --lose another copy runs it with two workers of Dask in each step, of which one is killed after
so many seconds; then the artifacts of both are compared. Last comes the usual way: pandas and
scikit-learn, the whole table in memory, the same model fitted on as many rows, judged on the same
share of the table, nothing recorded.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from benchmarks import measure, predict
from benchmarks.overhead import RESULTS
from tests.projects import Project
from tests.workers import Losses

SETTINGS = ["data.format=parquet", "data.name=large", "gate.champion=null"]
SIZE, SEED = 0.3, 42


def pipeline(copy: Path, table: Path, overrides: list[str]) -> None:
    """Run all steps, and print what each has cost."""
    words = ["main.py", f"data.file_url={table}", *SETTINGS, *overrides]
    subprocess.run([sys.executable, *words], cwd=copy, check=True)
    print(f"{'step':22}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}")
    found = [json.loads(path.read_text("utf-8")) for path in copy.glob("outputs/*/*/*/record.json")]
    steps = [record for record in found if record["system"]]  # the report has a record as well
    for record in sorted(steps, key=lambda record: record["started"]):
        system = record["system"]
        cpu, peak = system["system/cpu_seconds"], system["system/peak_memory_megabytes"]
        print(f"{record['step']:22}{record['seconds']:9.1f}{cpu:9.1f}{peak:9.0f}")


def with_losses(copy: Path, table: Path, overrides: list[str], after: float) -> None:
    """Run it with workers, of which each step loses one."""
    with Losses(copy, after) as losses:
        pipeline(copy, table, [*overrides, "engine=dask", "engine.workers=2"])
    print("steps that lost a worker:", len(losses.steps))


def different(*copies: Path) -> list[str]:
    """Return the names of the artifacts that are not the same in two copies, after their runs."""
    one, two = (Project(copy).artifacts() for copy in copies)
    return [name for name in {**one, **two} if one.get(name) != two.get(name)]


def usual(table: Path, rows: int) -> None:
    """Do as most people do."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    from pipeline.judging.metrics import classification_metrics
    from pipeline.judging.predictions import Predictions
    from pipeline.models import build, export
    from train_random_forest import train

    target = predict.DATA["target"]
    frame = pd.read_parquet(table).drop_duplicates().reset_index(drop=True)
    one, two = (frame[column].fillna("") for column in predict.TEXT.columns)
    frame[predict.TEXT.name] = one + " " + two
    first, test = train_test_split(frame, test_size=SIZE, random_state=SEED, stratify=frame[target])
    some = first.sample(min(rows, len(first)), random_state=SEED)
    fitted = train.fit(build.build_pipeline(predict.FEATURES, predict.MODEL, SEED), some, target)
    said, _ = export.predict(fitted, test)
    predictions = Predictions.of(test[target].to_numpy(), said, fitted.classes_)
    print("f1", classification_metrics(predictions)["f1"])
    predictions.table().to_parquet(table.with_name("usual.parquet"))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=200_000, help="rows that training takes")
    parser.add_argument("--folder", type=Path, help="on a disk with room for it all")
    parser.add_argument("--lose", type=float, help="seconds after which a worker is killed")
    parser.add_argument("--alone", action="store_true", help="not the usual way: memory is short")
    parser.add_argument("--usual", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("overrides", nargs="*", help="of the config, such as judging.resamples=100")
    given = parser.parse_args()
    if given.usual:
        usual(given.usual, given.sample)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        table, copy = Path(folder).resolve() / "made.parquet", Path(folder) / "repository"
        making = ("--rows", str(given.rows), "--out", str(table))
        measure.run(ROOT / "assets/make_sample.py", *making)
        shutil.copytree(ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(*RESULTS))
        words = [f"model.rows={given.sample}", *given.overrides]
        pipeline(copy, table, words)
        if given.lose is not None:
            other = Path(folder).resolve() / "workers"
            shutil.copytree(copy, other, symlinks=True, ignore=shutil.ignore_patterns(*RESULTS))
            with_losses(other, table, words, given.lose)
            print("artifacts that differ:", different(copy, other) or "none")
        if given.alone:
            return
        usual_words = ("--usual", str(table), "--sample", str(given.sample))
        cost = measure.run(Path(__file__), *usual_words)
        print(f"{'pandas, scikit-learn':22}{cost.wall:9.1f}{cost.cpu:9.1f}{cost.memory:9.0f}")


if __name__ == "__main__":
    main()
