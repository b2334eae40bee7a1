"""`mlflow run . -e predict` as a person types it."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from pipeline.commands import predict as predict_module
from pipeline.errors import InputError
from tests.conftest import SAMPLE, Done, Project


def predict(project: Project, **parameters: str) -> Done:
    words = [word for name, value in parameters.items() for word in ("-P", f"{name}={value}")]
    return project.run("mlflow", "run", ".", "-e", "predict", "--env-manager", "local", *words)


@pytest.mark.slow
def test_a_table_is_scored_and_recorded(project: Project, tmp_path: Path) -> None:
    target = tmp_path / "scored.parquet"
    done = predict(project, model="model_export:v0", input=SAMPLE, output=str(target))
    assert done.status == 0, done.out + done.err
    table = pd.read_parquet(project.root / SAMPLE)
    scored = pd.read_parquet(target)
    pd.testing.assert_frame_equal(scored[list(table)], table)
    # What evaluate said of rows that it shares with the sample, without what preprocess adds.
    assert (scored["genre"] == scored["prediction"]).mean() > 0.7
    probabilities = scored.filter(like="probability_")
    assert list(probabilities.idxmax(axis=1).str.removeprefix("probability_")) == list(
        scored["prediction"]
    )
    assert list(tmp_path.iterdir()) == [target]
    (run,) = [run for run in project.runs() if run["tags"].get("pipeline.step") == "predict"]
    assert run["status"] == "FINISHED"
    assert run["params"]["model"] == "model_export:v0"
    assert run["tags"]["pipeline.inputs"] == "model_export:v0"
    assert run["metrics"]["rows"] == 5000
    kept = Path(run["artifacts"].removeprefix("file://"))
    (facts,) = json.loads((kept / "scored.json").read_text())
    assert facts["output"] == str(target)
    assert facts["output_sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert facts["input_sha256"] == hashlib.sha256((project.root / SAMPLE).read_bytes()).hexdigest()


@pytest.mark.slow
def test_what_cannot_be_done_leaves_what_was_there(project: Project, tmp_path: Path) -> None:
    """The last row is at fault: all before it was already written."""
    rows = pd.concat([pd.read_parquet(project.root / SAMPLE)] * 16).astype({"tempo": object})
    rows.iloc[-1, list(rows).index("tempo")] = "fast"
    source, target = tmp_path / "new.csv", tmp_path / "scored.csv"
    rows.to_csv(source, index=False)
    target.write_text("before")
    words = ["--model=model_export:v0", f"--input={source}", f"--output={target}"]
    done = project.run("python", "-m", "pipeline.commands.predict", *words)
    assert done.status == 1
    assert "new.csv: column 'tempo' must be a finite number: row 79999 holds 'fast'" in done.error
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.csv", "scored.csv"]


@pytest.mark.slow
def test_a_model_that_is_not_there(project: Project, tmp_path: Path) -> None:
    words = ["--model=model_export:other", f"--input={SAMPLE}",
             f"--output={tmp_path / 'out.csv'}"]  # fmt: skip
    done = project.run("python", "-m", "pipeline.commands.predict", *words)
    assert done.status == 1
    assert re.search(
        "model=model_export:other: artifact model_export in .* has no other; its versions: "
        "v0.*; its aliases: champion-songs_sample-genre, latest; give another model=name:alias or "
        "name:vN", done.error
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("gone.csv", "out.csv", r"input=.*gone\.csv is no file"),
        ("in.csv", "out.xlsx", r"output=.*out\.xlsx must end in \.csv or \.parquet"),
        ("in.csv", "gone/out.csv", r"there is no folder .*gone; make it first"),
        ("in.csv", "in.csv", r"output=.*in\.csv is the input"),
    ],
)
def test_paths(tmp_path: Path, source: str, target: str, said: str) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match=said):
        predict_module.check_paths(tmp_path / source, tmp_path / target)
