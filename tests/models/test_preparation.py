"""A model of prepared rows answers rows as they were before: as a table, and as MLflow loads it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.config.model import Features, Model
from pipeline.config.preprocess import Date, RowValues, Text
from pipeline.models import build, serving
from pipeline.models import export as exporting
from pipeline.models.batch import BatchPredictor
from pipeline.models.prepared import preparation
from pipeline.tables.external_chunks import ForeignSource
from preprocess import clean
from tests.zoo import FOREST, MLFLOW_WARNS
from train_random_forest import train

pytestmark = MLFLOW_WARNS
INF = float("inf")
MADE = RowValues(
    map={"sex": {"m": "male", "f": "female", "?": None}, "code": {"0": "no", "1": "yes"},
         "answer": {"yes": 1, "no": 0}, "kind": {"a": "A"}},
    fill={"city": "nowhere", "answer": 0},
    dates={"born": Date("%d.%m.%Y", ["year", "weekday"]), "seen": Date(None, ["hour"])},
    infinite="clip",
    text=Text("words", ["city", "sex"]),
)  # fmt: skip
FEATURES = Features(
    ["size", "answer", "born_year", "born_weekday", "seen_hour"], ["sex", "code", "city"], "words"
)
ASKED = ["sex", "code", "answer", "city", "born", "seen", "size"]


def raw(rows: int = 120) -> pa.Table:
    """Return a table as preprocess reads it."""
    return pa.table({
        "sex": [["m", "f", "?", "m"][n % 4] for n in range(rows)],
        "code": [n % 2 for n in range(rows)],
        "answer": [["yes", "no", None][n % 3] for n in range(rows)],
        "city": [["Ulm", None, "Köln"][n % 3] for n in range(rows)],
        "born": [f"{n % 28 + 1}.{n % 12 + 1}.{1980 + n % 30}" for n in range(rows)],
        "seen": [f"2020-01-01 {n % 24:02}:30:00" if n % 5 else None for n in range(rows)],
        "size": [INF if n == 7 else -INF if n == 8 else n / 3 for n in range(rows)],
        "kind": ["ab"[n % 2 or n % 5 == 0] for n in range(rows)],
    })  # fmt: skip


@pytest.fixture(scope="module")
def ready() -> pd.DataFrame:
    return clean.preprocess(raw(), asdict(MADE) | {"drop_duplicates": False})[0].to_pandas()


@pytest.fixture(scope="module")
def model(ready: pd.DataFrame) -> Any:
    return train.fit(build.build_pipeline(FEATURES, Model(estimator=FOREST), 3), ready, "kind")


@pytest.fixture(scope="module")
def folder(model: Any, ready: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "export"
    exporting.export(model, folder, ready, "kind", made=serving.Made(MADE))
    return folder


@pytest.fixture(scope="module")
def about(model: Any, ready: pd.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = serving.describe(model, ready, serving.Made(MADE))["preparation"]
    return found


def test_rows_become_what_preprocess_makes_of_them(
    about: dict[str, Any], ready: pd.DataFrame
) -> None:
    found = preparation.prepared(raw().to_pandas()[ASKED], about)
    for name in (*FEATURES.numeric, *FEATURES.categorical):
        expected = ready[name].astype(object).where(ready[name].notna(), None).tolist()
        assert found[name].astype(object).where(found[name].notna(), None).tolist() == expected, (
            name
        )


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_is_scored_as_it_was_before(
    folder: Path, model: Any, ready: pd.DataFrame, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"asked{suffix}"
    rows = raw().select(ASKED)
    if suffix == ".csv":
        rows.to_pandas().to_csv(path, index=False)
    else:
        pq.write_table(rows, path)
    source, predictor = ForeignSource(path, path.name), BatchPredictor(folder, "model:v0")
    predictor.schema(source, path.name)
    assert predictor.absent(source) == []
    found = pa.concat_tables(predictor.scored(source, path.name))
    assert found["prediction"].to_pylist() == list(exporting.predict(model, ready)[1])
    assert found["sex"].to_pylist() == raw()["sex"].to_pylist()  # the table's own values stay


@pytest.mark.slow
def test_dates_that_a_file_writes_in_another_way(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    rows = raw().to_pandas()[ASKED]
    rows["born"] = pd.to_datetime(rows["born"], format="%d.%m.%Y").dt.strftime("%Y/%m/%d")
    rows.to_csv(path, index=False)
    source, predictor = ForeignSource(path, path.name), BatchPredictor(folder, "model:v0")
    predictor.schema(source, path.name)
    found = pa.concat_tables(predictor.scored(source, path.name))
    raw_path = tmp_path / "raw.csv"
    raw().select(ASKED).to_pandas().to_csv(raw_path, index=False)
    same = pa.concat_tables(predictor.scored(ForeignSource(raw_path, "r"), "r"))
    assert found["probability_A"].equals(same["probability_A"])


@pytest.mark.slow
def test_mlflow_loads_it_with_its_signature_and_example(
    folder: Path, model: Any, ready: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc

    monkeypatch.setattr(sys, "path", [*sys.path])
    loaded = mlflow.pyfunc.load_model(str(folder))
    names = [column.name for column in loaded.metadata.signature.inputs]
    assert {*names} == {*ASKED, "words"}
    example = pd.DataFrame(**json.loads((folder / "input_example.json").read_text("utf-8")))
    assert example["born"].tolist()[:2] == ["01.01.1980", "02.02.1981"]
    assert example["code"].tolist()[:2] == [0, 1]
    expected = list(exporting.predict(model, ready.head(5))[1])
    assert loaded.predict(example)["prediction"].tolist() == expected
    asked = raw().to_pandas()[ASKED].astype({"code": float}).head(5)
    assert loaded.predict(asked)["prediction"].tolist() == expected


def test_a_date_that_is_none_is_refused(about: dict[str, Any]) -> None:
    rows = raw().to_pandas()[ASKED].head(3)
    rows.loc[1, "born"] = "31.2.2020"
    found = preparation.prepared(rows, about)
    assert found["born_year"].tolist() == [1980, "31.2.2020", 1982]  # what the model then refuses


@pytest.mark.slow
def test_a_model_of_rows_as_they_are_has_nothing_of_it(tmp_path: Path) -> None:
    from tests.zoo import export

    found = export(tmp_path / "plain")
    assert "preparation" not in json.loads((found / "serving.json").read_text("utf-8"))
    assert [path.name.partition("_")[0] for path in (found / "code").iterdir()] == ["served"]
