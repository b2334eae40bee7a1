"""The same work as the pipeline's six steps in one plain script: the limit of what is possible.

    python benchmarks/plain_script.py assets/songs_sample.parquet

Same functions, one process, nothing recorded: no MLflow, no W&B, no artifact store, no config
system. overhead.py measures the pipeline against it.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from check_data import expectations
from pipeline.config.checks import Checks
from pipeline.config.loader import load
from pipeline.config.model import Features, Model
from pipeline.judging import importances, metrics
from pipeline.judging.pictures import canvas, draw
from pipeline.judging.predictions import Predictions
from pipeline.models import build, export, features
from pipeline.splits.division import Division, divide
from pipeline.tables import table_files
from pipeline.tables.numbers import to_arrow
from preprocess import clean
from train_random_forest import train

SEED, SIZE = 42, 0.3
Work = Callable[[Any, pd.DataFrame, str, Path], object]  # with a model, rows, the target, a folder


def judge(model: Any, rows: pd.DataFrame, target: str, folder: Path) -> np.ndarray:
    """Predict, compute the metrics, draw the pictures."""
    truth, probabilities = features.labels(rows, target), export.predict(model, rows)[0]
    predictions = Predictions.of(truth, probabilities, model.classes_)
    values = metrics.classification_metrics(predictions)
    print(values["auc"])
    pictures = draw.performance(metrics.performance(predictions, values))
    for picture in [*pictures, draw.inputs(importances.of_inputs(model))]:
        (folder / f"{picture.name}.png").write_bytes(canvas.png(picture))
    frame: pd.DataFrame = predictions.table()
    return frame.to_numpy()


def dump(model: Any, rows: pd.DataFrame, target: str, folder: Path) -> None:
    """Write the model."""
    skops.io.dump(model, folder / "model.skops")


def main(source: Path, folder: Path, last: Work = judge, save: Work = dump) -> None:
    """Do what the steps do, files included: tables as CSV, the model, pictures.

    Args:
        source: the table.
        folder: that files go to.
        last: judges the model on the test rows.
        save: writes the model; it is given the training rows.
    """
    data = yaml.safe_load((ROOT / "conf/data/songs.yaml").read_text())
    forest = yaml.safe_load((ROOT / "conf/model/random_forest.yaml").read_text())
    model, columns = load(Model, forest, "model"), load(Features, data["features"], "features")
    raw = table_files.read_foreign(source, str(source))
    table, _ = clean.preprocess(raw, data["preprocess"])
    assert all(
        f.verdict == "passed"
        for f in expectations.results(table, load(Checks, data["checks"], "checks"))
    )
    drawn = divide(table, Division(SIZE, SEED, stratify=data["target"]))
    parts = [table.take(to_arrow(part)) for part in drawn]
    for name, part in zip(("train", "test"), parts, strict=True):
        table_files.write(part, folder / f"{name}.csv")
    how = Division(SIZE, SEED, stratify=data["target"])
    first, second = divide(parts[0], how)
    rows, test = (part.to_pandas() for part in parts)
    unfitted = build.build_pipeline(columns, model, SEED)
    fitted = train.fit(unfitted, rows.iloc[first], data["target"])
    judge(fitted, rows.iloc[second], data["target"], folder)
    save(fitted, rows.iloc[first], data["target"], folder)
    last(fitted, test, data["target"], folder)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        main(Path(sys.argv[1]).resolve(), Path(place))
