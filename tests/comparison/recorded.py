"""Stand-ins for runs that judged a model: manifests whose predictions and test tables are kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.store.artifacts import Store
from pipeline.tables import table_files
from pipeline.tracking.record import artifact_facts
from tests.fakes.recorded import manifest, step

CLASSES = ["a", "b", "c"]


def rows(count: int, first: int = 0) -> pa.Table:
    """Return test rows that are all different; another first one, other rows."""
    numbers = np.arange(first, first + count)
    return pa.table({"x": numbers / 7, "genre": [CLASSES[n % 3] for n in numbers]})


def predictions(table: pa.Table, skill: float, seed: int = 0) -> pa.Table:
    """Return what a model of some skill says of the rows; of equal rows the same."""
    codes = np.array([CLASSES.index(label) for label in table["genre"].to_pylist()])
    scores = np.random.default_rng(seed).normal(size=(10_000, 3))
    scores = scores[np.round(table["x"].to_numpy() * 7).astype(int)]
    scores[np.arange(len(codes)), codes] += skill
    odds = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    columns = {f"probability_{name}": odds[:, n] for n, name in enumerate(CLASSES)}
    predicted = [CLASSES[n] for n in odds.argmax(axis=1)]
    return pa.table({"truth": table["genre"], "prediction": predicted, **columns})


def judged(store: Store, folder: Path, table: pa.Table, run: str, skill: float) -> dict[str, Any]:
    """Return the manifest of a run that judged a model on a table, both in the store."""
    kept = {}
    for name, kind, content in (
        ("data_test.csv", "segregated_data", table),
        ("predictions.parquet", "predictions", predictions(table, skill)),
    ):
        path = folder / name
        metadata = table_files.write(content, path)
        kept[name] = artifact_facts(store.put(name, path, kind, metadata=metadata))
    judge = step("judge", inputs=[kept["data_test.csv"]], outputs=[kept["predictions.parquet"]],
                 metrics={"f1": skill / 4, "f1/a": 0.5})  # fmt: skip
    made = manifest([judge], run=run * 32)
    made["config"]["data"] |= {"target": "genre", "name": "songs"}
    made["config"]["model"] = {"estimator": {"_target_": "sklearn.ensemble.ExtraTreesClassifier"}}
    return made
