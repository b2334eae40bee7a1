"""A model that predicts numbers: fitted, exported, loaded, served, and asked about tables."""

import json
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from evaluate import intervals
from pipeline.config.model import REGRESSORS, Features, Model
from pipeline.errors import InputError
from pipeline.models import build, export, serving
from pipeline.models.batch import BatchPredictor
from pipeline.models.regression import regressor, target
from pipeline.models.regression.regressor import UnfitError
from pipeline.tables.external_chunks import ForeignSource
from tests.zoo import MLFLOW_WARNS
from train_random_forest import train

pytestmark = MLFLOW_WARNS
FEATURES = Features(["a", "b"], ["kind"])
INTERVAL = {"alpha": 0.05, "half_width": 2.5, "rows": 40}


def table(rows: int = 80) -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=rows), "b": random.normal(size=rows)})
    frame["kind"] = np.where(np.arange(rows) % 3, "x", "y")
    return frame.assign(y=3 * frame["a"] - frame["b"] + 20)


def fitted(name: str = "sklearn.linear_model.Ridge", **parameters: object):
    model = Model(estimator={"_target_": name, **parameters}, text=None)
    return train.fit(build.build_pipeline(FEATURES, model, 7), table(), "y")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("model") / "export"
    made = serving.Made(interval=INTERVAL)
    export.export(fitted(), place, table(), "y", made=made)
    return place


def test_an_answer_has_the_number_and_its_interval(folder) -> None:
    answer = regressor.load(folder).answer(table(5))
    expected = fitted().predict(table(5)[["a", "b", "kind"]])
    assert list(answer) == ["prediction", "lower", "upper"]
    assert answer["prediction"].to_numpy() == pytest.approx(expected)
    assert (answer["upper"] - answer["lower"]).to_numpy() == pytest.approx(5)
    assert intervals.of_model(folder) == intervals.Interval(**INTERVAL)


def test_mlflow_serves_it_with_a_module_of_its_own(folder) -> None:
    import mlflow

    loaded = mlflow.pyfunc.load_model(str(folder))
    answer = loaded.predict(table(3).drop(columns="y"))
    assert list(answer) == ["prediction", "lower", "upper"]
    assert [spec.name for spec in loaded.metadata.signature.outputs] == list(answer)
    assert len(list((folder / "code").glob("served_*.py"))) == 2


def test_another_answer_than_at_the_export_is_refused(folder, tmp_path) -> None:
    about = json.loads((folder / "serving.json").read_text("utf-8"))
    assert len(about["golden"]["answers"]) <= 8, "not every number is a class"
    about["golden"]["answers"][1][0] += 1e-3
    with pytest.raises(UnfitError, match=r"1 of \d golden rows are not predicted as when"):
        regressor.Regressor(export.load(folder), about).check()
    with pytest.raises(UnfitError, match="there are no rows"):
        regressor.load(folder).answer(table(0))


def test_a_table_is_scored(folder, tmp_path) -> None:
    path = tmp_path / "t.csv"
    table(30).drop(columns="y").to_csv(path, index=False)
    predictor, source = BatchPredictor(folder, "model:v0"), ForeignSource(path, "t.csv")
    assert predictor.numbers
    scored = pa.concat_tables(predictor.scored(source, "t.csv"))
    assert scored.column_names[-3:] == ["prediction", "lower", "upper"]
    assert scored["prediction"].type == pa.float64()


@pytest.mark.parametrize("name", REGRESSORS)
def test_every_regressor_is_fitted_and_exported_with_trusted_types(name, tmp_path) -> None:
    import skops.io

    package = name.partition(".")[0]
    if package in ("catboost", "lightgbm", "xgboost"):
        pytest.importorskip(package, reason=f"needs uv sync --extra {package}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        few = {"n_estimators": 3} if "ensemble" in name and "Hist" not in name else {}
        made = fitted(name, **few)
        held = set(skops.io.get_untrusted_types(data=skops.io.dumps(made)))
    assert held <= export.trust.KNOWN


def test_equal_fits_are_equal_files(tmp_path) -> None:
    files = []
    for name in ("one", "two"):
        export.export(fitted("sklearn.ensemble.RandomForestRegressor", n_estimators=3),
                      tmp_path / name, table(), "y")  # fmt: skip
        files.append((tmp_path / name / "model.skops").read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("values", "numbers", "said"),
    [
        (np.arange(300) / 7, False, "'y' is a quantity .300 distinct numbers in 300 rows., but X"),
        (np.arange(300), False, "set model=random_forest_regressor, or data.task=classification"),
        (["a", "b"], True, "'y' holds 'a', which is no number, but X predicts numbers"),
        (np.arange(300) % 3, False, None),
        (np.arange(300) % 3 + 0.5, False, None),
        (np.arange(300) % 40, False, None),
        (np.arange(300) % 3, True, None),
    ],
)
def test_a_target_of_the_other_kind_is_refused_in_one_line(values, numbers, said) -> None:
    column = pa.chunked_array([pa.array(values)])
    if said is None:
        target.check("y", column, "m.X", numbers)
        return
    with pytest.raises(InputError, match=said) as refused:
        target.check("y", column, "m.X", numbers)
    assert "\n" not in str(refused.value)
