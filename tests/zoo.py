"""A small table with every kind of column, and a model of it, exported."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config.model import Features, Model
from pipeline.config.preprocess import RowValues, Text
from pipeline.models import build, serving
from pipeline.models import export as exporting
from train_random_forest import train

MLFLOW_WARNS = [  # its own type hints, and a comparison that pandas will change
    pytest.mark.filterwarnings("ignore:.*type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning"),
]
TEXT = Text("words", ["title", "name"])
FEATURES = Features(["size", "age"], ["shape", "level", "wild"], "words")
FOREST = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 20}
ASKED = ["age", "size", "level", "shape", "wild", "title", "name"]  # what a caller gives


def made_up(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    kind = random.choice(["cat", "dog", "owl"], rows)
    table = pd.DataFrame(
        {
            "kind": kind,
            "size": np.where(kind == "dog", 2.0, 1.0) + random.random(rows),
            "age": random.integers(1, 9, rows),
            "shape": random.choice(["round", "long"], rows),
            "level": random.integers(0, 3, rows),
            "wild": random.choice([True, False], rows),
            "title": [f"a {name}" if seen else None
                      for name, seen in zip(kind, random.random(rows) < 0.5, strict=True)],
            "name": random.choice(["rex", "tom", None], rows),
        }
    )  # fmt: skip
    table.loc[::7, "size"] = np.nan
    table["words"] = table["title"].fillna("") + " " + table["name"].fillna("")
    return table


def fitted(seed: int = 7) -> Any:
    """Return a pipeline fitted on the table."""
    unfitted = build.build_pipeline(FEATURES, Model(estimator=FOREST), seed)
    return train.fit(unfitted, made_up(), "kind")


def export(folder: Path) -> Path:
    """Export the model with what preprocess does for its text."""
    made = serving.Made(RowValues(text=TEXT))
    exporting.export(fitted(), folder, made_up(), "kind", made=made)
    return folder


def expected(model: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what the library itself predicts."""
    words = rows["title"].fillna("") + " " + rows["name"].fillna("")
    found, predicted = exporting.predict(model, rows.assign(words=words))
    names = [f"probability_{label}" for label in model.classes_]
    return pd.DataFrame({"prediction": predicted, **dict(zip(names, found.T, strict=True))})
