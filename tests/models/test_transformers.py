"""Features that the model makes itself: from the config to the rows that a server is sent."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.judging import importances
from pipeline.models import export, pyfunc
from pipeline.models.features import InputColumns, features_of
from tests import typed
from train_random_forest.train import fit

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning"),
]
FEATURES = {"numeric": ["weight"], "categorical": ["shape"], "text": None}
OWN = "tests.fakes.ratio.Ratio"
RATIO = {"_target_": OWN, "columns": ["area", "weight"], "name": "density"}
POWERS = {"_target_": "sklearn.preprocessing.PolynomialFeatures", "columns": ["weight"],
          "degree": 2, "include_bias": False}  # fmt: skip


def config(*transformers: dict[str, Any]) -> dict[str, Any]:
    forest = {"_target_": "sklearn.ensemble.RandomForestClassifier", "n_estimators": 20}
    return {"estimator": forest, "transformers": list(transformers), "allowed": [OWN]}


def table(rows: int = 200) -> pd.DataFrame:
    """Rows whose kind only the ratio of area and weight tells."""
    random = np.random.default_rng(0)
    weight, dense = random.random(rows) + 0.5, random.integers(0, 2, rows)
    return pd.DataFrame(
        {
            "area": weight * np.where(dense, 4.0, 2.0) * (1 + 0.1 * random.random(rows)),
            "weight": weight,
            "shape": random.choice(["round", "long"], rows),
            "kind": np.where(dense, "dense", "light"),
        }
    )


def trained(*transformers: dict[str, Any]) -> Any:
    return fit(typed.pipeline(FEATURES, config(*transformers), 1), table(), "kind")


def test_what_it_makes_is_among_the_inputs() -> None:
    pipeline = trained(RATIO, POWERS)
    assert features_of(pipeline) == InputColumns(["weight"], ["shape"], None, ["area"])
    names = [name for name, _ in importances.of_inputs(pipeline)]
    assert sorted(names) == ["density", "shape", "weight", "weight", "weight^2"]
    assert importances.of_inputs(pipeline)[0][0] == "density"
    assert [name for name, *_ in pipeline[0].transformers] == [
        "numeric", "categorical", "transformer_0", "transformer_1",
    ]  # fmt: skip
    assert features_of(trained()).taken == []


def test_a_server_needs_the_raw_columns_alone(tmp_path: Path) -> None:
    pipeline, rows = trained(RATIO), table()
    rows.loc[3, "area"] = np.nan
    export.export(pipeline, tmp_path / "model", rows, "kind", [OWN])
    loaded = export.load(tmp_path / "model", [OWN])
    expected, _ = export.predict(pipeline, rows)
    np.testing.assert_array_equal(export.predict(loaded, rows)[0], expected)
    served = pyfunc.load(tmp_path / "model")
    assert [column["name"] for column in served._about["columns"]] == ["weight", "shape", "area"]
    answers = served.answer(rows.drop(columns="kind").sample(frac=1, random_state=0)).sort_index()
    np.testing.assert_array_equal(answers.iloc[:, 1:].to_numpy(), expected)
    with pytest.raises(pyfunc.UnfitError, match="column 'weight' is missing"):
        served.answer(rows[["area", "shape"]])
    assert (tmp_path / "model" / "code" / "tests" / "fakes" / "ratio.py").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": []}, r"model.transformers\[0\].columns=\[\]: name the columns"),
        ({"columns": "area"}, r"model.transformers\[0\].columns=area: name the columns"),
        ({"_target_": None}, r"model.transformers\[0\]._target_ is missing; give a class"),
        ({"_target_": "os.system"}, "os.system is not in model.allowed"),
        ({"title": 1}, r"unknown key model.transformers\[0\].title: choose from: name"),
        ({"_target_": "sklearn.preprocessing.PolynomialFeatures", "degree": "two"},
         r"model.transformers\[0\].degree='two' is not allowed"),
        ({"_target_": "tests.fakes.majority.Majority"}, "no scikit-learn transformer with fit"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_transformer(change: dict[str, Any], message: str) -> None:
    own = {name: value for name, value in RATIO.items() if "degree" not in change or name != "name"}
    model = config({**own, **change})
    model["allowed"] = [OWN, "tests.fakes.majority.Majority"]
    with pytest.raises(InputError, match=message):
        typed.pipeline(FEATURES, model, 1)


def test_a_column_that_the_table_lacks() -> None:
    with pytest.raises(InputError, match="the table lacks feature columns 'volume'"):
        trained({**RATIO, "columns": ["volume", "weight"]})
