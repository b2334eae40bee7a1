"""Tables of every format scored piece by piece, and what is refused."""

import gzip
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.models import pyfunc
from pipeline.models.batch import BatchPredictor
from pipeline.tables import chunks
from pipeline.tables.external_chunks import ForeignSource
from tests.zoo import ASKED, MLFLOW_WARNS, expected, export, fitted, made_up

pytestmark = MLFLOW_WARNS
ROWS = made_up(500, seed=3)[ASKED].assign(id=range(500), note=["x", "", None, "NA", "007"] * 100)


@pytest.fixture(scope="module")
def model() -> Any:
    return fitted()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("model") / "export")


@pytest.fixture(scope="module")
def predictor(folder: Path) -> BatchPredictor:
    return BatchPredictor(folder, "model:v0")


def scored(predictor: BatchPredictor, path: Path) -> pa.Table:
    source = ForeignSource(path, path.name)
    schema = predictor.schema(source, path.name)
    return pa.concat_tables(predictor.scored(source, path.name)).cast(schema)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "PIECE", 64)
    monkeypatch.setattr("pipeline.tables.csv_types.FIRST_BLOCK", 4096)
    monkeypatch.setattr(chunks, "FIRST_BLOCK", 4096)


@pytest.mark.usefixtures("pieces")
def test_parquet(predictor: BatchPredictor, model: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = pa.Table.from_pandas(ROWS.astype({"shape": "category"}), preserve_index=False)
    pq.write_table(table, path, row_group_size=150)
    found = scored(predictor, path)
    assert found.column_names[: len(ROWS.columns)] == list(ROWS)
    for name in set(ROWS) - {"shape"}:
        assert found[name].equals(table[name]), name
    assert found["shape"].to_pylist() == ROWS["shape"].tolist()
    answer = found.to_pandas()[["prediction", *(f"probability_{c}" for c in model.classes_)]]
    pd.testing.assert_frame_equal(answer, expected(model, ROWS), check_exact=True)


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_csv_columns_stay_as_they_are_written(
    predictor: BatchPredictor, model: Any, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"t{suffix}"
    rows = ROWS.astype({"level": object, "wild": object})
    rows.loc[3, "level"], rows.loc[4, "wild"] = "NA", "null"
    empty = rows.assign(note=rows["note"].replace("", "EMPTY"))  # pandas writes it as missing
    text = empty.to_csv(index=False).replace("EMPTY", '""').encode()
    path.write_bytes(gzip.compress(text) if suffix == ".csv.gz" else text)
    with_gaps = rows.assign(level=pd.to_numeric(rows["level"], errors="coerce"))
    with_gaps.loc[4, "wild"] = None
    table = scored(predictor, path)
    assert table["note"].to_pylist() == ["x", "", None, "NA", "007"] * 100
    assert table["id"].to_pylist()[:3] == ["0", "1", "2"]
    assert table["level"].to_pylist()[3] == "NA"
    found = table.to_pandas()
    answer = found.iloc[:, len(rows.columns) :]
    pd.testing.assert_frame_equal(answer, expected(model, with_gaps), check_exact=True)


def test_what_the_pieces_are_does_not_matter(
    predictor: BatchPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    ROWS.to_parquet(path)
    whole = scored(predictor, path)
    monkeypatch.setattr(chunks, "PIECE", 7)
    assert scored(predictor, path).equals(whole)


def test_columns_that_may_be_absent(predictor: BatchPredictor, model: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    ROWS.drop(columns=["size", "title"]).to_parquet(path)
    found = scored(predictor, path).to_pandas()
    wanted = expected(model, ROWS.assign(size=np.nan, title=None))
    pd.testing.assert_frame_equal(found[list(wanted)], wanted, check_exact=True)
    assert predictor.absent(ForeignSource(path, "t")) == ["size", "title"]


def test_a_table_that_preprocess_made(
    predictor: BatchPredictor, model: Any, tmp_path: Path
) -> None:
    path = tmp_path / "t.parquet"
    table = made_up(50, seed=4)
    table.drop(columns=["title", "name"]).to_parquet(path)
    found = scored(predictor, path).to_pandas()
    wanted = expected(model, table)
    pd.testing.assert_frame_equal(found[list(wanted)], wanted, check_exact=True)
    assert predictor.absent(ForeignSource(path, "t")) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROWS.drop(columns=["age", "level"]), "t.parquet does not suit model:v0: 'age', 'level' m"),
        (ROWS.drop(columns=["title", "name"]), "'words' missing (it is title and name joined by a"),
        (ROWS.assign(age="1", wild=1), "'age' is text, not number; 'wild' is integer, not boolean"),
        (ROWS.drop(columns="age").assign(level="1"), "'age' missing; 'level' is text, not num"),
        (ROWS.assign(prediction=1, probability_owl=1), "'prediction', 'probability_owl' would be"),
        (ROWS[["id"]], "it has no column of the model; it has 'id'"),
        (ROWS.head(0), "t.parquet has no rows"),
        (ROWS.assign(size=[1.0] * 499 + [np.inf]), "'size' must be a finite number: row 499 holds"),
    ],
)
@pytest.mark.usefixtures("pieces")
def test_refused(predictor: BatchPredictor, tmp_path: Path, rows: pd.DataFrame, said: str) -> None:
    path = tmp_path / "t.parquet"
    rows.to_parquet(path)
    with pytest.raises(InputError) as caught:
        scored(predictor, path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ROWS.assign(age=["3"] * 400 + ["old"] * 100).to_csv(index=False),
         "t.csv: column 'age' must be a finite number: row 400 holds 'old'"),
        (ROWS.assign(wild="maybe").to_csv(index=False), "'wild' must be boolean: row 0 holds 'may"),
        ("a,a\n1,2\n", "t.csv has more than one column called 'a'"),
        ("<!DOCTYPE html><p>", "t.csv is an HTML page"),
        ("", "t.csv cannot be read as a table: Empty CSV file"),
        (ROWS.to_csv(index=False) + "1,2\n", "t.csv cannot be read as a table: CSV parse error"),
    ],
)  # fmt: skip
def test_a_csv_refused(predictor: BatchPredictor, tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        scored(predictor, path)
    assert said in str(caught.value)


def test_a_blank_line_at_the_end_is_no_row(predictor: BatchPredictor, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(ROWS.to_csv(index=False) + "\n")
    assert len(scored(predictor, path)) == len(ROWS)


def test_a_model_that_cannot_be_used(folder: Path, tmp_path: Path) -> None:
    old = shutil.copytree(folder, tmp_path / "old")
    about = (old / pyfunc.ABOUT).read_text()
    (old / pyfunc.ABOUT).unlink()
    with pytest.raises(InputError, match=r"model:v0 holds no serving\.json: it was exported by"):
        BatchPredictor(old, "model:v0")
    (old / pyfunc.ABOUT).write_text(about.replace('"answers": [["', '"answers": [["no '))
    with pytest.raises(InputError, match=r"model:v0: 1 of .* golden rows are not predicted"):
        BatchPredictor(old, "model:v0")
