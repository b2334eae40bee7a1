"""The same work in one process, with all that a run finds out: intervals, slices, report.

    python benchmarks/one_process.py TABLE RUN_FOLDER

The plain script's work, besides what `evaluate` computes and draws, the model as it is exported,
and the report of a run that is there already. Nothing is recorded, and no artifact is kept.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from benchmarks import plain_script
from evaluate import evaluate
from pipeline.config.evaluate import Judging
from pipeline.config.loader import load
from pipeline.judging import metrics
from pipeline.judging.pictures import canvas, draw
from pipeline.judging.predictions import Predictions
from pipeline.models import export, features
from pipeline.replay import runs
from pipeline.report import make


def whole_judge(model: Any, rows: pd.DataFrame, target: str, folder: Path) -> None:
    """Do with the test rows what `evaluate` does, but for the gate."""
    data = yaml.safe_load((ROOT / "conf/data/songs.yaml").read_text())
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings, seed = load(Judging, config["judging"], "judging"), plain_script.SEED
    truth, probabilities = features.labels(rows, target), export.predict(model, rows)[0]
    predictions = Predictions.of(truth, probabilities, model.classes_)
    values = metrics.classification_metrics(predictions)
    sample = rows.iloc[evaluate.draws(settings, seed).all_rows(predictions.codes)]
    subject = evaluate.Judged(model, target, predictions, values, sample, rows[data["slices"]])
    evaluation = evaluate.evaluation(subject, settings, seed)
    (folder / "evaluation.json").write_text(json.dumps(evaluation), encoding="utf-8")
    for picture in draw.evaluation(evaluation):
        (folder / f"{picture.name}.png").write_bytes(canvas.png(picture))


def save(model: Any, rows: pd.DataFrame, target: str, folder: Path) -> None:
    """Export the model as training does."""
    export.export(model, folder / "model", rows, target)


if __name__ == "__main__":
    source, run = (Path(word).resolve() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as place:
        plain_script.main(source, Path(place), whole_judge, save)
        make.make(Path(place), runs.read(run), str(ROOT / "artifacts"))
