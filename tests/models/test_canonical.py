"""Two exports of equal models have equal bytes, and load as before."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
import yaml
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from pipeline.config.model import Features, Model
from pipeline.models import canonical, export
from pipeline.models.build import build_pipeline
from train_random_forest import train

pytestmark = [  # mlflow's own
    pytest.mark.filterwarnings("ignore:.*type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning"),
]

TABLE = pd.DataFrame({"n": [0.1, 0.7, None, 0.4] * 5, "w": ["är bo", "co", "bo co", ""] * 5,
                      "k": ["x", "y", "x", "z"] * 5, "y": ["p", "q"] * 10})  # fmt: skip
FEATURES = Features(["n"], ["k"], "w")


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [RandomForestClassifier, HistGradientBoostingClassifier])
def test_two_exports_are_the_same(estimator: type, tmp_path: Path) -> None:
    target = f"sklearn.ensemble.{estimator.__name__}"
    for name in ("one", "two"):
        unfitted = build_pipeline(FEATURES, Model(estimator={"_target_": target}), 0)
        fitted = train.fit(unfitted, TABLE, "y")
        export.export(fitted, tmp_path / name, TABLE, "y")
        keep = [object() for _ in range(1000)]  # what comes next has other addresses
    one, two = (
        {p.name: p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()}
        for n in ("one", "two")
    )
    assert keep
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []
    loaded = export.load(tmp_path / "one")
    before, after = (export.predict(model, TABLE) for model in (fitted, loaded))
    assert np.array_equal(before[0], after[0])
    assert list(before[1]) == list(after[1])


def test_skops_members_have_no_addresses(tmp_path: Path) -> None:
    shared = RandomForestClassifier(n_estimators=2).fit([[0], [1]], [0, 1])
    file = tmp_path / "m.skops"
    skops.io.dump({"a": [shared, shared], "b": "text"}, file)
    canonical.rewrite_skops(file)
    listed = [sys.executable, "-m", "zipfile", "-l", str(file)]
    lines = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    members = [line.split()[0] for line in lines[1:]]
    assert members == [*(f"{n:05d}.npy" for n in range(len(members) - 1)), "schema.json"]
    assert all("1980-01-01 00:00:00" in line for line in lines[1:])
    loaded = skops.io.load(file, trusted=list(export.TRUSTED_TYPES))
    assert loaded["a"][0] is loaded["a"][1]  # one object stays one
    assert list(tmp_path.iterdir()) == [file]


def test_mlmodel_keeps_all_but_ids_and_times(tmp_path: Path) -> None:
    kept = {"signature": {"inputs": "[]"}, "metadata": {"target": "é"}}
    gone = dict.fromkeys(canonical.VOLATILE, "x")
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(kept | gone | {"model_size_bytes": 1}))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_bytes(b"12345")
    canonical.rewrite_mlmodel(tmp_path)
    assert yaml.safe_load((tmp_path / "MLmodel").read_text()) == kept | {"model_size_bytes": 5}
