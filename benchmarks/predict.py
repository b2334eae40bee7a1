"""Scoring tables of any size: with pandas in memory, and as `mlflow run . -e predict` does.

    python benchmarks/predict.py [--rows 100000 1000000] [--repeat 1] [--folder FOLDER]

Tables are made by assets/make_sample.py, the model is the reference forest fitted on 5,000 of their
rows. Every way is a process of its own; nothing is recorded.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from benchmarks import measure
from pipeline.config.loader import load
from pipeline.config.model import Features, Model
from pipeline.config.preprocess import RowValues, Text

DATA = yaml.safe_load((ROOT / "conf/data/songs.yaml").read_text(encoding="utf-8"))
FOREST = yaml.safe_load((ROOT / "conf/model/random_forest.yaml").read_text(encoding="utf-8"))
MODEL = load(Model, FOREST, "model")
FEATURES = load(Features, DATA["features"], "data.features")
TEXT = load(Text, DATA["preprocess"]["text"], "data.preprocess.text")
PLACE = "BENCHMARK_MODEL"  # tells the ways where the model is


def export(target: Path) -> None:
    """Fit and export the model."""
    import pandas as pd

    from pipeline.models import build, export, serving
    from train_random_forest import train

    table = pd.read_parquet(ROOT / "assets/songs_sample.parquet")
    one, two = (table[column].fillna("") for column in TEXT.columns)
    table[TEXT.name] = one + " " + two
    pipeline = build.build_pipeline(FEATURES, MODEL, 42)
    made = serving.Made(RowValues(text=TEXT))
    fitted = train.fit(pipeline, table, DATA["target"])
    export.export(fitted, target, table, DATA["target"], made=made)


def usual(folder: Path) -> None:
    """Do as most people do: read all, predict, write all."""
    import pandas as pd

    from pipeline.models import export

    model = export.load(Path(os.environ[PLACE]))
    table = pd.read_parquet(folder / "table.parquet")
    one, two = (table[column].fillna("") for column in TEXT.columns)
    probabilities, predicted = export.predict(model, table.assign(**{TEXT.name: one + " " + two}))
    table["prediction"] = predicted
    for number, label in enumerate(model.classes_):
        table[f"probability_{label}"] = probabilities[:, number]
    table.to_parquet(folder / "usual.parquet")


def ours(folder: Path, suffix: str, out: str) -> None:
    """Do as the entry point does, without recording it."""
    from pipeline.models.batch import BatchPredictor
    from pipeline.tables.external_chunks import ForeignSource
    from pipeline.tables.table_files import Writer

    predictor = BatchPredictor(Path(os.environ[PLACE]), "model")
    source = ForeignSource(folder / f"table.{suffix}", "table")
    with Writer(folder / f"ours.{out}", predictor.schema(source, "table")) as writer:
        for piece in predictor.scored(source, "table"):
            writer.write(piece)


WAYS: measure.Ways = {
    "pandas, Parquet to Parquet": usual,
    "ours, Parquet to Parquet": lambda folder: ours(folder, "parquet", "parquet"),
    "ours, CSV to CSV": lambda folder: ours(folder, "csv", "csv"),
}

if __name__ == "__main__":
    with TemporaryDirectory() as made:
        if PLACE not in os.environ:
            os.environ[PLACE] = f"{made}/model"
            export(Path(os.environ[PLACE]))
        measure.main(__file__, __doc__, WAYS)
