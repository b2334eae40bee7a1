"""main.action=monitor: rows that a model is asked about against those that it learned from."""

import json
import re

import pandas as pd
import pytest

from tests.conftest import SAMPLE, Project

pytestmark = pytest.mark.slow
TOLD = "notify=[{when: [end, drift], command: [tee, outputs/told.json]}]"


def monitored(project: Project, table: pd.DataFrame, name: str, *words: str) -> tuple[int, str]:
    table.to_csv(project.root / name, index=False)
    done = project.run("python", "main.py", "main.action=monitor", f"main.input={name}", *words)
    assert "Traceback" not in done.err
    return done.status, done.out + done.err


def test_rows_like_those_of_the_fit_and_others(project: Project) -> None:
    rows = pd.read_parquet(project.root / SAMPLE).sample(800, random_state=1)
    status, said = monitored(project, rows, "same.csv", TOLD)
    assert status == 0, said
    told = json.loads((project.root / "outputs" / "told.json").read_text())
    assert (told["outcome"], told["events"]) == ("finished", ["end"])
    assert "prediction · values: chi-square" in said

    moved = rows.assign(tempo=rows["tempo"] * 1.3).drop(columns="genre")
    status, said = monitored(project, moved, "moved.csv", TOLD)
    assert status == 1
    assert re.search("ERROR +monitor: tempo.*: not as when the model was made", said)
    first = next(line for line in said.splitlines() if " · " in line)
    assert first.startswith("tempo · values: Kolmogorov-Smirnov · ")
    told = json.loads((project.root / "outputs" / "told.json").read_text())
    assert (told["outcome"], told["events"], told["step"]) == (
        "refused",
        ["end", "drift"],
        "monitor",
    )
    runs = [run for run in project.runs() if run["tags"].get("pipeline.step") == "monitor"]
    assert [run["metrics"]["drifted"] > 0 for run in runs] == [True, False]
    assert told["mlflow_run"] == runs[0]["id"]
    assert monitored(project, moved, "moved.csv", "data.checks.warn=[drift]")[0] == 0


def test_what_cannot_be_monitored(project: Project) -> None:
    rows = pd.read_parquet(project.root / SAMPLE).head(50)
    status, said = monitored(project, rows.drop(columns="tempo"), "less.csv")
    assert status == 1
    assert "less.csv does not suit model_export:v0: 'tempo' missing" in said
    done = project.run("python", "main.py", "main.action=monitor", "main.input=none.csv")
    assert done.status == 1
    assert "main.input=none.csv is no file; give the path of a table" in done.out + done.err
