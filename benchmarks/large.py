"""The whole pipeline on a table of any size: seconds, CPU and peak memory of each step.

    python benchmarks/large.py --rows 1000000 [--sample 200000] [--folder FOLDER] [OVERRIDE ...]

The table is made by assets/make_sample.py, and the run is that of a scratch copy of the repository.
Last comes the usual way: pandas and scikit-learn, the whole table in memory, the same model fitted
on as many rows, judged on the same share of the table, nothing recorded.
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

SETTINGS = ["data.format=parquet", "data.name=large", "gate.champion=null"]
SIZE, SEED = 0.3, 42


def pipeline(copy: Path, table: Path, overrides: list[str]) -> None:
    """Run all steps, and print what each has cost."""
    words = ["main.py", f"data.file_url={table}", *SETTINGS, *overrides]
    subprocess.run([sys.executable, *words], cwd=copy, check=True)
    print(f"{'step':22}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}")
    found = [json.loads(path.read_text("utf-8")) for path in copy.glob("outputs/*/*/*/record.json")]
    for record in sorted(found, key=lambda record: record["started"]):
        system = record["system"]
        cpu, peak = system["system/cpu_seconds"], system["system/peak_memory_megabytes"]
        print(f"{record['step']:22}{record['seconds']:9.1f}{cpu:9.1f}{peak:9.0f}")


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
        pipeline(copy, table, [f"model.rows={given.sample}", *given.overrides])
        words = ("--usual", str(table), "--sample", str(given.sample))
        cost = measure.run(Path(__file__), *words)
        print(f"{'pandas, scikit-learn':22}{cost.wall:9.1f}{cost.cpu:9.1f}{cost.memory:9.0f}")


if __name__ == "__main__":
    main()
